//! The description of the REST surface that `/openapi.json` serves (OpenAPI 3.1): made of the rows of
//! the route table, and of tables of what bodies hold, one file for each part of the API.

mod account;
mod data;
mod links;
mod params;
mod reference;
mod schema;
mod trading;

use super::TABLES;
use super::route::{Host, Route, Told};
use crate::handle::Endpoints;
use schema::{Schema, Type};
use serde_json::{Map, Value, json};

/// What bodies look like, by the names that the rows use.
const SCHEMAS: [&[Schema]; 4] =
    [account::SCHEMAS, trading::SCHEMAS, reference::SCHEMAS, data::SCHEMAS];

const SIDES: &[&str] = &["buy", "sell"];
/// Widths of the windows of a portfolio's history.
pub(super) const FRAMES: &[&str] = &["1Min", "5Min", "15Min", "1H", "1D"];
/// What a symbol is written with.
const SYMBOL: Type = Type::Like("^[A-Z0-9./-]{1,24}$");

/// The whole description. It holds no keys.
pub(super) fn describe(endpoints: &Endpoints) -> Value {
    let all = SCHEMAS.iter().copied().flatten();
    let schemas: Map<String, Value> =
        all.map(|schema| (schema.name.to_owned(), schema.json())).collect();
    let mut paths: Map<String, Value> = Map::new();
    for route in TABLES.iter().copied().flatten() {
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "A loopback Alpaca", "version": env!("CARGO_PKG_VERSION"),
            "description": "The REST surface of st0ck emulate alpaca. Websockets: see the README."},
        "servers": [{"url": endpoints.rest}],
        "security": [{"key": [], "secret": []}, {"basic": []}, {"bearer": []}],
        "tags": [{"name": "Trading"}, {"name": "Data"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "APCA-API-KEY-ID"},
                "secret": {"type": "apiKey", "in": "header", "name": "APCA-API-SECRET-KEY"},
                "basic": {"type": "http", "scheme": "basic", "description": "key and secret"},
                "bearer": {"type": "http", "scheme": "bearer", "description": "the secret"},
            },
        },
    })
}

/// What every route may reply beside its own.
fn everywhere(host: Host) -> impl Iterator<Item = Told> {
    let refused = Some("Error");
    let business = (host == Host::Data).then_some((403, refused));
    [(401, None), (404, refused), (405, refused), (422, refused), (429, refused)]
        .into_iter()
        .chain(business)
        // Bytes that are no HTTP: without a body.
        .chain([(400, None)])
}

fn operation(route: &Route) -> Value {
    let told = everywhere(route.host).chain(route.replies.iter().copied());
    let mut replies: Map<String, Value> =
        told.map(|reply| (reply.0.to_string(), self::reply(reply))).collect();
    if let Some((status, links)) = links::of(route) {
        replies[status]["links"] = links;
    }
    let tag = if route.host == Host::Data { "Data" } else { "Trading" };
    let mut operation = json!({"operationId": links::id(route), "tags": [tag],
        "parameters": params::of(route), "responses": replies});
    if let Some(body) = route.body {
        let mut content = json!({"schema": schema_of(body)});
        if let Some(examples) = links::examples(body) {
            content["examples"] = examples;
        }
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": content}});
    }
    operation
}

fn reply((status, name): Told) -> Value {
    let description = match status {
        200..300 => "done",
        400 if name.is_none() => "no request at all",
        401 => "no keys, or wrong ones: HTML or JSON",
        429 => "too often",
        _ => "refused",
    };
    let mut reply = json!({"description": description});
    if let Some(name) = name {
        reply["content"] = json!({"application/json": {"schema": schema_of(name)}});
    } else if status == 401 {
        reply["content"] = json!({"application/json": {"schema": schema_of("Error")},
            "text/html": {"schema": Type::Text.json()}});
    }
    reply
}

/// A reference to a schema; `X[]` is an array of `X`.
fn schema_of(name: &str) -> Value {
    let one = json!({"$ref": format!("#/components/schemas/{}", name.trim_end_matches("[]"))});
    if name.ends_with("[]") { json!({"type": "array", "items": one}) } else { one }
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

    #[test]
    fn no_body_is_an_object_of_whatever_keys() {
        fn is_vague(schema: &Value) -> bool {
            schema["type"] == "object"
                && schema.get("properties").is_none()
                && schema.get("additionalProperties").is_none()
        }
        fn vague(value: &Value, place: &str, into: &mut Vec<String>) {
            if is_vague(value) {
                into.push(place.to_owned());
            }
            if let Value::Object(map) = value {
                map.iter().for_each(|(key, value)| vague(value, &format!("{place}/{key}"), into));
            }
        }
        let mut found = Vec::new();
        vague(&described(), "", &mut found);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn a_link_leads_to_an_operation_and_names_parameters_that_it_has() {
        let all = described();
        let operations: Vec<&Value> = all["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|path| path.as_object().unwrap().values())
            .collect();
        let ids: BTreeSet<&str> =
            operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), operations.len(), "ids differ");
        let mut links = 0;
        for reply in operations.iter().flat_map(|o| o["responses"].as_object().unwrap().values()) {
            for link in reply["links"].as_object().into_iter().flat_map(Map::values) {
                let target = operations.iter().find(|o| o["operationId"] == link["operationId"]);
                let target = target.unwrap_or_else(|| panic!("{link}"));
                for name in link["parameters"].as_object().unwrap().keys() {
                    let has = |p: &Value| p["name"] == name.as_str();
                    assert!(target["parameters"].as_array().unwrap().iter().any(has), "{link}");
                }
                links += 1;
            }
        }
        assert!(links > 10, "{links}");
    }
}
