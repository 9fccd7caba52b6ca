//! `GET /v1/corporate-actions`, and its predecessor on the trading host,
//! `GET /v2/corporate_actions/announcements`.

use super::ask::{END, PAGE_TOKEN, SORT, START, Sort, limit, sort};
use crate::api::query::Query;
use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::market::actions::{Action, Kind, all};
use crate::refusal::Refusal;
use crate::wire::base64::{base64, from_base64};
use crate::wire::{Null, Shown, Uuid};
use serde::Serialize;
use serde_json::{Map, Number, Value, json};
use st0ck_quant::fx::price_to_f64;
use st0ck_types::Price;
use st0ck_types::calendar::Date;

/// Actions of a page at most.
const MOST: usize = 1_000;
/// Days between `since` and `until` at most.
const DAYS: i32 = 90;

/// Every type there is, and the bucket that it is told in.
const TYPES: [(&str, &str); 15] = [
    ("reverse_split", "reverse_splits"),
    ("forward_split", "forward_splits"),
    ("unit_split", "unit_splits"),
    ("cash_dividend", "cash_dividends"),
    ("stock_dividend", "stock_dividends"),
    ("spin_off", "spin_offs"),
    ("cash_merger", "cash_mergers"),
    ("stock_merger", "stock_mergers"),
    ("stock_and_cash_merger", "stock_and_cash_mergers"),
    ("redemption", "redemptions"),
    ("name_change", "name_changes"),
    ("worthless_removal", "worthless_removals"),
    ("rights_distribution", "rights_distributions"),
    ("partial_call", "partial_calls"),
    ("reorganization", "reorganizations"),
];

/// The types alone.
const WORDS: [&str; TYPES.len()] = {
    let mut words = [""; TYPES.len()];
    let mut at = 0;
    while at < TYPES.len() {
        words[at] = TYPES[at].0;
        at += 1;
    }
    words
};
const DATES: &[&str] = &["declaration_date", "ex_date", "record_date", "payable_date"];

pub(crate) const ROUTES: &[Route] = &[
    Route::data(
        Method::Get,
        "/v1/corporate-actions",
        &[(200, Some("CorporateActionsPage")), (400, Some("Error"))],
        list,
    )
    .with_query(&[
        Param::new("symbols", ParamKind::Symbols),
        Param::new("cusips", ParamKind::List),
        Param::new("types", ParamKind::Words(&WORDS)),
        Param::new("ids", ParamKind::List),
        Param::new("region", ParamKind::Text),
        START,
        END,
        Param::new("limit", ParamKind::Count { max: MOST }),
        SORT,
        PAGE_TOKEN,
    ]),
    Route::trading(
        Method::Get,
        "/v2/corporate_actions/announcements",
        &[(200, Some("Announcement[]")), (422, Some("Error"))],
        announcements,
    )
    .with_query(&[
        Param::new("ca_types", ParamKind::Words(&["Dividend", "Merger", "Spinoff", "Split"]))
            .required(),
        Param::new("since", ParamKind::Date).required(),
        Param::new("until", ParamKind::Date).required(),
        Param::new("symbol", ParamKind::Text),
        Param::new("cusip", ParamKind::Text),
        Param::new("date_type", ParamKind::Word(DATES)),
    ]),
    Route::trading(
        Method::Get,
        "/v2/corporate_actions/announcements/{id}",
        &[(200, Some("Announcement")), (404, Some("Error"))],
        announcement,
    ),
];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::CashDividend(_) => "cash_dividend",
            Self::ForwardSplit { .. } => "forward_split",
        }
    }
}

/// A page of buckets.
fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let query = &call.query;
    let today = desk.past.date();
    let day = |key: &str| query.date(key).map_err(|_| Refusal::data(format!("invalid {key}")));
    let (start, end) = (day("start")?.unwrap_or(today), day("end")?.unwrap_or(today));
    let ids = query.lists("ids");
    let mut found = wanted(query, &ids, start, end)?;
    if sort(query, Sort::Ascending)? == Sort::Descending {
        found.reverse();
    }
    let (from, most) = (place(query)?, limit(query, 100, MOST)?);
    let rest = found.len().saturating_sub(from);
    let mut buckets = Map::new();
    for action in found.iter().skip(from).take(most) {
        let bucket = TYPES.iter().find(|(name, _)| *name == action.kind.name());
        let (_, bucket) = bucket.expect("every kind is a type");
        let items = buckets.entry(*bucket).or_insert_with(|| Value::Array(Vec::new()));
        items.as_array_mut().expect("only arrays are put in").push(shown(action));
    }
    let next = (rest > most).then(|| base64((from + most).to_string().as_bytes()));
    Ok(Body::ok(&json!({"corporate_actions": buckets, "next_page_token": next})))
}

/// What the filters leave. `ids` excludes all other filters.
fn wanted(query: &Query, ids: &[&str], start: Date, end: Date) -> Result<Vec<Action>, Refusal> {
    let (symbols, cusips) = (query.lists("symbols"), query.lists("cusips"));
    let types = query.lists("types");
    let unknown = |word: &&&str| !TYPES.iter().any(|(name, _)| name == *word);
    if let Some(word) = types.iter().find(unknown) {
        return Err(Refusal::data(format!("invalid type: {word}")));
    }
    let among = |list: &[&str], value: &str| list.is_empty() || list.contains(&value);
    let mut found = all();
    if ids.is_empty() {
        found.retain(|action| {
            (start <= action.ex && action.ex <= end)
                && among(&symbols, action.symbol)
                && among(&cusips, action.cusip)
                && among(&types, action.kind.name())
        });
    } else {
        found.retain(|action| ids.iter().any(|id| is(action, id)));
    }
    Ok(found)
}

fn is(action: &Action, id: &str) -> bool {
    st0ck_types::ids::parse_uuid(id) == Some(action.id())
}

/// How many actions the pages before held.
fn place(query: &Query) -> Result<usize, Refusal> {
    let Some(token) = query.get("page_token") else { return Ok(0) };
    let text = from_base64(token).and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| Refusal::data("invalid page_token"))
}

fn shown(action: &Action) -> Value {
    let mut keys = json!({
        "id": Uuid(action.id()),
        "symbol": action.symbol,
        "cusip": action.cusip,
        "process_date": Shown(action.ex),
        "ex_date": Shown(action.ex),
        "record_date": Shown(action.record),
        "payable_date": Shown(action.payable),
    });
    match action.kind {
        Kind::CashDividend(rate) => {
            keys["rate"] = number(rate);
            keys["special"] = false.into();
            keys["foreign"] = false.into();
        }
        Kind::ForwardSplit { new, old } => {
            keys["new_rate"] = new.into();
            keys["old_rate"] = old.into();
            keys["due_bill_redemption_date"] = json!(Shown(action.payable));
        }
    }
    keys
}

/// A JSON number with a price's decimals.
pub(super) fn number(price: Price) -> Value {
    Number::from_f64(price_to_f64(price)).map_or(Value::Null, Value::Number)
}

/// The older form of an action.
#[derive(Serialize)]
struct Announcement {
    id: Uuid,
    corporate_action_id: String,
    ca_type: &'static str,
    ca_sub_type: &'static str,
    initiating_symbol: &'static str,
    initiating_original_cusip: &'static str,
    target_symbol: &'static str,
    target_original_cusip: &'static str,
    declaration_date: Null,
    ex_date: Shown<Date>,
    expiration_date: Null,
    record_date: Shown<Date>,
    payable_date: Shown<Date>,
    cash: String,
    old_rate: String,
    new_rate: String,
}

impl Announcement {
    fn of(action: &Action) -> Self {
        let (cash, new, old) = match action.kind {
            Kind::CashDividend(rate) => (rate.to_string(), 1, 1),
            Kind::ForwardSplit { new, old } => (String::from("0"), new, old),
        };
        let (ca_type, ca_sub_type) = action.old_type();
        Self {
            id: Uuid(action.id()),
            corporate_action_id: format!("{}_{}", action.cusip, action.ex.days()),
            ca_type,
            ca_sub_type,
            initiating_symbol: action.symbol,
            initiating_original_cusip: action.cusip,
            target_symbol: action.symbol,
            target_original_cusip: action.cusip,
            declaration_date: None,
            ex_date: Shown(action.ex),
            expiration_date: None,
            record_date: Shown(action.record),
            payable_date: Shown(action.payable),
            cash,
            old_rate: old.to_string(),
            new_rate: new.to_string(),
        }
    }
}

impl Action {
    fn old_type(&self) -> (&'static str, &'static str) {
        match self.kind {
            Kind::CashDividend(_) => ("dividend", "cash"),
            Kind::ForwardSplit { .. } => ("split", "stock_split"),
        }
    }

    fn old_date(&self, kind: Option<&str>) -> Date {
        match kind {
            Some("record_date") => self.record,
            Some("payable_date") => self.payable,
            _ => self.ex,
        }
    }
}

fn announcements(_: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let query = &call.query;
    let required = |key: &str| Refusal::parameter(format!("{key} is required"));
    let since = query.date("since")?.ok_or_else(|| required("since"))?;
    let until = query.date("until")?.ok_or_else(|| required("until"))?;
    let types: Vec<String> = query.lists("ca_types").iter().map(|t| t.to_lowercase()).collect();
    if types.is_empty() {
        return Err(required("ca_types"));
    }
    if !(0..=DAYS).contains(&(until.days() - since.days())) {
        return Err(Refusal::parameter("date range must not exceed 90 days"));
    }
    let is = |key: &str, value: &str| query.get(key).is_none_or(|wanted| wanted == value);
    let fits = |action: &Action| {
        let date = action.old_date(query.get("date_type"));
        (since <= date && date <= until)
            && types.iter().any(|word| word == action.old_type().0)
            && is("symbol", action.symbol)
            && is("cusip", action.cusip)
    };
    let found = all().into_iter().filter(fits);
    Ok(Body::ok(&found.map(|action| Announcement::of(&action)).collect::<Vec<_>>()))
}

fn announcement(_: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let id = call.args.get("id");
    let found = all().into_iter().find(|action| is(action, id));
    let none = || Refusal::not_found(format!("announcement not found for {id}"));
    found.map(|action| Body::ok(&Announcement::of(&action))).ok_or_else(none)
}
