//! Plain tables: a header, a rule, aligned columns, no wider than 100 characters.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle, presets};

/// Widest table.
const WIDTH: u16 = 100;

/// A line under the header and nothing else.
const STYLE: TableStyle = presets::UTF8_HORIZONTAL_ONLY
    .top_border(LineStyle::none())
    .row_separator(LineStyle::none())
    .bottom_border(LineStyle::none());

/// A table of these columns; those whose name begins with `>` are aligned to the right.
pub(crate) fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(columns.iter().map(|name| name.trim_start_matches('>')));
    for (index, _) in columns.iter().enumerate().filter(|(_, name)| name.starts_with('>')) {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Nanoseconds as people read them: `412 ns`, `1.9 µs`, `14.2 ms`.
pub(crate) fn duration(ns: u64) -> String {
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{:.1} µs", ns as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", ns as f64 / 1e6),
        _ => format!("{:.2} s", ns as f64 / 1e9),
    }
}

/// A whole number with thin groups: `46,921`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(46_921), "46,921");
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(duration(999), "999 ns");
        assert_eq!(duration(1_900), "1.9 µs");
        assert_eq!(duration(14_200_000), "14.2 ms");
    }
}
