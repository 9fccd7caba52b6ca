//! Parameters of operations: from the braces of a path, and from a row's query.

use super::super::route::{Param, ParamKind, Route};
use super::SYMBOL;
use super::schema::Type;
use serde_json::{Value, json};

/// Every parameter of a row.
pub(super) fn of(route: &Route) -> Vec<Value> {
    let braces = route
        .path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}').map(in_path));
    braces.chain(route.query.iter().map(in_query)).collect()
}

/// An asset that every recording of ours has.
const SPY: &str = "SPY";

fn in_path(name: &str) -> Value {
    let (of, example) = match name {
        "order_id" | "watchlist_id" | "id" => (Type::Uuid, None),
        "ticktype" => (Type::Words(&["trade", "quote"]), None),
        "activity_type" => (Type::Text, Some("FILL")),
        "market" => (Type::Text, Some("NYSE")),
        "symbol" => (SYMBOL, Some(SPY)),
        _ => (Type::Text, Some(SPY)),
    };
    let mut parameter = json!({"name": name, "in": "path", "required": true, "schema": of.json()});
    if let Some(example) = example {
        parameter["example"] = example.into();
    }
    parameter
}

fn in_query(param: &Param) -> Value {
    let mut parameter = json!({"name": param.name, "in": "query", "required": param.required,
        "schema": schema(param.kind)});
    if matches!(param.kind, ParamKind::List | ParamKind::Symbols | ParamKind::Words(_)) {
        // Between commas.
        parameter["style"] = "form".into();
        parameter["explode"] = false.into();
    }
    if let Some(example) = example(param) {
        parameter["example"] = example;
    }
    parameter
}

fn schema(kind: ParamKind) -> Value {
    match kind {
        ParamKind::Text => Type::Text.json(),
        ParamKind::Bool => Type::Flag.json(),
        ParamKind::Count { max } => Type::Whole(1, i64::try_from(max).unwrap_or(i64::MAX)).json(),
        ParamKind::Date => Type::Date.json(),
        ParamKind::Time => json!({"anyOf": [Type::Time.json(), Type::Date.json()]}),
        ParamKind::List => Type::List(&Type::Text).json(),
        ParamKind::Symbols => Type::List(&SYMBOL).json(),
        ParamKind::Like(pattern) => Type::Like(pattern).json(),
        ParamKind::Words(words) => json!({"type": "array", "items": Type::Words(words).json()}),
        ParamKind::Word(words) => Type::Words(words).json(),
        ParamKind::Amount => Type::Decimal.json(),
        ParamKind::Id => Type::Uuid.json(),
    }
}

/// What a reader, or a tool, may try: without it a required parameter is a riddle.
fn example(param: &Param) -> Option<Value> {
    Some(match param.name {
        "symbols" | "underlying_symbols" => json!([SPY]),
        "timeframe" if param.required => "1Min".into(),
        "period" => "1W".into(),
        "ca_types" => json!(["Dividend"]),
        "since" => "2020-12-01".into(),
        "until" if param.required => "2020-12-31".into(),
        _ => return None,
    })
}
