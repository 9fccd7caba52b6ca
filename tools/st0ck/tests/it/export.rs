//! Records as a Parquet file, read back by readers that share nothing with what wrote it.

use crate::place::{Place, skip};
use crate::tape;
use parquet::basic::LogicalType;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::process::Command;

fn recorded() -> Place {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 300, tape::waves));
    place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    place
}

fn export(place: &Place, args: &[&str]) -> Value {
    let all = [&["journal", "export", "--json", "--parquet", "out.parquet"], args].concat();
    place.st0ck(&all).ok().json()
}

fn rows(place: &Place) -> Vec<Row> {
    let file = File::open(place.path("out.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    reader.get_row_iter(None).unwrap().map(Result::unwrap).collect()
}

fn field<'a>(row: &'a Row, name: &str) -> &'a Field {
    row.get_column_iter().find(|(column, _)| *column == name).unwrap().1
}

/// A value as `cat --json` would write it: decimals without the zeros behind, nothing as null.
fn plain(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Long(number) => json!(number),
        Field::Decimal(_) => {
            let text = field.to_string();
            json!(text.trim_end_matches('0').trim_end_matches('.'))
        }
        Field::Str(text) => json!(text),
        other => panic!("not a type of the schema: {other:?}"),
    }
}

#[test]
fn every_record_comes_back_with_the_fields_that_cat_tells() {
    let place = recorded();
    let told = export(&place, &[]);
    let (rows, records) = (rows(&place), place.st0ck(&["journal", "cat", "--json"]).ok());
    let records = records.json_lines();
    assert_eq!((rows.len(), told["records"].as_u64().unwrap()), (records.len(), rows.len() as u64));
    assert_eq!(told["bytes"], fs::metadata(place.path("out.parquet")).unwrap().len());
    for (row, record) in rows.iter().zip(&records) {
        assert_eq!(plain(field(row, "seq")), record["seq"]);
        assert_eq!(plain(field(row, "kind")), record["kind"]);
        let body: Value =
            serde_json::from_str(plain(field(row, "body")).as_str().unwrap()).unwrap();
        assert_eq!(body, record["body"]);
        let named: &[(&str, &str)] = match record["kind"].as_str().unwrap() {
            "quote" => &[("bid", "bid"), ("bid_size", "bid_size"), ("ask", "ask")],
            "order" => &[("order", "order"), ("qty", "qty"), ("price", "limit_price")],
            "reject" => &[("what", "code"), ("qty", "qty"), ("side", "side")],
            "decision" => &[("what", "what")],
            "report" if body["report"] == "fill" => &[("price", "price"), ("qty", "qty")],
            "report" => &[("what", "report")],
            _ => &[],
        };
        for (column, key) in named {
            assert_eq!(plain(field(row, column)), body[key], "{column} of {record}");
        }
    }
}

#[test]
fn the_schema_says_what_the_numbers_are() {
    let place = recorded();
    export(&place, &["--kind", "quote", "--from", "100", "--to", "200"]);
    let rows = rows(&place);
    assert!(!rows.is_empty() && rows.iter().all(|row| plain(field(row, "kind")) == "quote"));
    let seqs: Vec<i64> =
        rows.iter().map(|row| plain(field(row, "seq")).as_i64().unwrap()).collect();
    assert!(seqs.is_sorted() && seqs[0] >= 100 && *seqs.last().unwrap() <= 200, "{seqs:?}");
    let reader = SerializedFileReader::new(File::open(place.path("out.parquet")).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let logical = |name: &str| {
        let column = schema.columns().iter().find(|column| column.name() == name).unwrap();
        column.logical_type_ref().cloned()
    };
    assert_eq!(logical("bid"), Some(LogicalType::decimal(9, 19)));
    assert_eq!(logical("at"), Some(LogicalType::timestamp(true, parquet::basic::TimeUnit::NANOS)));
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_told() {
    let place = recorded();
    place.write("out.parquet", "mine");
    let args = ["journal", "export", "--parquet", "out.parquet"];
    place.st0ck(&args).exits(2).says(&["out.parquet", "--force"]);
    assert_eq!(fs::read_to_string(place.path("out.parquet")).unwrap(), "mine");
    place.st0ck(&[&args[..], &["--force"]].concat()).ok();
    assert!(!rows(&place).is_empty());
    place.st0ck(&["journal", "export", "--parquet", "no/folder.parquet"]).exits(20);
    let left = place.files().into_iter().filter(|p| p.to_string_lossy().contains(".tmp"));
    assert_eq!(left.count(), 0, "no temporary file stays");
}

/// pyarrow is another implementation of the format; where it is not installed the other tests stand.
#[test]
fn pyarrow_reads_the_same_sums() {
    let place = recorded();
    export(&place, &[]);
    let script = "import pyarrow.parquet as p, pyarrow.compute as c\n\
        t = p.read_table('out.parquet')\n\
        f = t.filter(c.equal(t['kind'], 'order'))\n\
        print(t.num_rows, c.sum(f['qty']).as_py().normalize(), t.schema.field('at').type)";
    let mut python = Command::new("python3");
    let ran = place.prepare(&mut python).args(["-c", script]).output();
    let out = match ran {
        Ok(ran) if ran.status.success() => String::from_utf8(ran.stdout).unwrap(),
        Ok(ran) if !String::from_utf8_lossy(&ran.stderr).contains("No module named 'pyarrow'") => {
            panic!("{}", String::from_utf8_lossy(&ran.stderr))
        }
        _ => return skip("python3 with pyarrow is not here"),
    };
    let records = place.st0ck(&["journal", "cat", "--json"]).ok().json_lines();
    let orders = records.iter().filter(|r| r["kind"] == "order");
    let shares: i64 =
        orders.map(|r| r["body"]["qty"].as_str().unwrap().parse::<i64>().unwrap()).sum();
    let words: Vec<&str> = out.split_whitespace().collect();
    let (rows, sum) = (words[0].parse::<usize>().unwrap(), words[1].parse::<f64>().unwrap());
    assert_eq!((rows, sum as i64), (records.len(), shares), "{out}");
    assert!(out.contains("timestamp[ns, tz=UTC]"), "{out}");
}
