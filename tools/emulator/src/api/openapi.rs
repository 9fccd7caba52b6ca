//! The description of the REST surface that `/openapi.json` serves (OpenAPI 3.1): made of the rows of
//! the route table and of `openapi/schemas.json`.

use super::TABLES;
use super::route::{Host, Param, ParamKind, Route, Told};
use crate::handle::Endpoints;
use serde_json::{Map, Value, json};

/// What bodies look like, by the names that the rows use.
const SCHEMAS: &str = include_str!("../openapi/schemas.json");

/// The whole description. It holds no keys.
pub(super) fn describe(endpoints: &Endpoints) -> Value {
    let mut schemas: Map<String, Value> = serde_json::from_str(SCHEMAS).expect("it is a test's");
    let mut paths: Map<String, Value> = Map::new();
    for route in TABLES.iter().copied().flatten() {
        for name in names(route) {
            // A body that is told nowhere is an object of whatever keys.
            schemas.entry(name).or_insert_with(|| json!({"type": "object"}));
        }
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "A loopback Alpaca", "version": env!("CARGO_PKG_VERSION"),
            "description": "The REST surface of st0ck emulate alpaca. Websockets: see the README."},
        "servers": [{"url": endpoints.rest}],
        "security": [{"key": [], "secret": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "APCA-API-KEY-ID"},
                "secret": {"type": "apiKey", "in": "header", "name": "APCA-API-SECRET-KEY"},
            },
        },
    })
}

/// The schemas that a row names.
fn names(route: &Route) -> impl Iterator<Item = String> + '_ {
    let told = route.replies.iter().filter_map(|(_, schema)| *schema);
    told.chain(route.body).chain(["Error"]).map(|name| name.trim_end_matches("[]").to_owned())
}

fn operation(route: &Route) -> Value {
    let in_path = route.path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"},
            "example": if name.contains("symbol") { "SPY" } else { "00000000-0000-4000-8000-000000000000" }}))
    });
    let parameters: Vec<Value> = in_path.chain(route.query.iter().map(parameter)).collect();
    // What every route may reply beside its own.
    let mut told: Vec<Told> = vec![
        (400, None),
        (401, None),
        (404, Some("Error")),
        (422, Some("Error")),
        (429, Some("Error")),
    ];
    if route.host == Host::Data {
        told.push((403, Some("Error")));
    }
    told.extend(route.replies);
    let replies: Map<String, Value> =
        told.into_iter().map(|reply| (reply.0.to_string(), self::reply(reply))).collect();
    let mut operation = json!({"parameters": parameters, "responses": replies});
    if let Some(body) = route.body {
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema(body)}}});
    }
    operation
}

fn reply((status, name): Told) -> Value {
    let description = match status {
        200..300 => "done",
        401 => "no keys, or wrong ones: HTML or JSON",
        _ => "refused",
    };
    match name {
        None if status == 401 => json!({"description": description,
            "content": {"application/json": {}, "text/html": {}}}),
        None => json!({"description": description}),
        Some(name) => json!({"description": description,
            "content": {"application/json": {"schema": schema(name)}}}),
    }
}

/// A reference to a schema; `X[]` is an array of `X`.
fn schema(name: &str) -> Value {
    let one = json!({"$ref": format!("#/components/schemas/{}", name.trim_end_matches("[]"))});
    if name.ends_with("[]") { json!({"type": "array", "items": one}) } else { one }
}

fn parameter(param: &Param) -> Value {
    let schema = match param.kind {
        ParamKind::Bool => json!({"type": "boolean"}),
        ParamKind::Count { .. } => json!({"type": "integer", "minimum": 1}),
        ParamKind::Date => json!({"type": "string", "format": "date"}),
        ParamKind::Word(words) => json!({"type": "string", "enum": words}),
        _ => json!({"type": "string"}),
    };
    json!({"name": param.name, "in": "query", "required": param.required, "schema": schema})
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn described() -> Value {
        let text = String::new;
        describe(&Endpoints {
            rest: String::from("http://127.0.0.1:1"),
            key: String::from("a-key"),
            secret: String::from("a-secret"),
            data: text(),
            stream: text(),
            account: text(),
            ca: None,
            accounts: Vec::new(),
        })
    }

    fn references(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                into.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|value| references(value, into));
            }
            Value::Array(all) => all.iter().for_each(|value| references(value, into)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_resolves_and_no_schema_is_left_over() {
        let all = described();
        let mut found = BTreeSet::new();
        references(&all, &mut found);
        for reference in &found {
            let place = reference.strip_prefix('#').unwrap();
            assert!(all.pointer(place).is_some(), "{reference}");
        }
        for name in all["components"]["schemas"].as_object().unwrap().keys() {
            assert!(found.contains(&format!("#/components/schemas/{name}")), "{name} is left over");
        }
    }

    #[test]
    fn every_route_is_there_and_no_key_is() {
        let all = described();
        for route in TABLES.iter().copied().flatten() {
            let operation = &all["paths"][route.path][route.method.as_str().to_lowercase()];
            for (status, _) in route.replies {
                assert!(operation["responses"][status.to_string()].is_object(), "{}", route.path);
            }
        }
        let text = all.to_string();
        assert!(!text.contains("a-key") && !text.contains("a-secret"));
    }
}
