//! Names: OCC option symbols, UUIDs, our own order ids, and endpoints.

use crate::mutate::Words;
use crate::target::{Shape, Target, no_seeds};
use st0ck_net::endpoint::{Endpoint, EndpointError};
use st0ck_types::ClientOrderId;
use st0ck_types::ids::{parse_uuid, uuid_text};
use st0ck_types::symbol::occ::OccSymbol;

/// OCC option symbols.
pub(super) static OCC: Target = Target {
    name: "occ",
    about: "OCC option symbols: what is read prints as it was written",
    run: occ,
    seeds: no_seeds,
    words: Words::Text(&["C", "P", "SPX", "AAPL1", "250620", "000229", "230229", "00590500"]),
    mend: None,
    room: 4 << 10,
    longest: 40,
    patience: 1,
};

fn occ(input: &[u8]) -> Shape {
    let Ok(text) = std::str::from_utf8(input) else { return Shape(0) };
    let Some(symbol) = OccSymbol::parse(text) else { return Shape::of(&input.len()) };
    assert_eq!(symbol.to_string(), text, "two spellings of one symbol");
    assert!((1..=6).contains(&symbol.root.len()) && (2000..2100).contains(&symbol.year));
    assert!((1..=12).contains(&symbol.month) && (1..=31).contains(&symbol.day));
    assert!((0..=99_999_999_000_000).contains(&symbol.strike.0));
    Shape::of(&(symbol.root.len(), symbol.right, symbol.month, symbol.strike.0 == 0))
}

/// UUIDs and order ids.
pub(super) static IDS: Target = Target {
    name: "ids",
    about: "UUIDs and our order ids: what is read prints as it was written",
    run: ids,
    seeds: no_seeds,
    words: Words::Text(&["-", "0", "f", "z", "7k", "ska", "ffffffff", "i", "l", "o", "u"]),
    mend: None,
    room: 4 << 10,
    longest: 64,
    patience: 1,
};

fn ids(input: &[u8]) -> Shape {
    let Ok(text) = std::str::from_utf8(input) else { return Shape(0) };
    let uuid = parse_uuid(text);
    if let Some(value) = uuid {
        assert_eq!(uuid_text(value).as_str(), text.to_ascii_lowercase());
    }
    let id = ClientOrderId::from_text(text);
    assert_eq!(id.is_some(), text.len() <= 20);
    let parts = id.and_then(|id| {
        assert_eq!(id.as_str(), text);
        id.parts()
    });
    if let Some(parts) = parts {
        let again = ClientOrderId::mint(parts.nonce, parts.bot, parts.epoch, parts.order);
        assert_eq!(again.as_str(), text, "two spellings of one order");
    }
    Shape::of(&(uuid.is_some(), id.is_some(), parts.is_some(), text.len()))
}

/// Endpoints.
pub(super) static ENDPOINT: Target = Target {
    name: "endpoint",
    about: "base URLs: what is read prints and reads back, and no credential is ever repeated",
    run: endpoint,
    seeds: no_seeds,
    words: Words::Text(&[
        "http", "ws", "https", "://", ":80", ":0", "[::1]", "@", "?", "#", "/", "%2f",
    ]),
    mend: None,
    room: 8 << 10,
    longest: 512,
    patience: 1,
};

fn endpoint(input: &[u8]) -> Shape {
    let Ok(text) = std::str::from_utf8(input) else { return Shape(0) };
    let endpoint = match Endpoint::parse(text) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            let around = text.split(['?', '#', '@']).max_by_key(|part| part.len());
            let told = around.filter(|part| part.len() > 60 && error == EndpointError::NotABase);
            assert!(!told.is_some_and(|part| error.to_string().contains(part)), "{error}");
            return Shape::of(&std::mem::discriminant(&error));
        }
    };
    assert_ne!(endpoint.port(), 0);
    assert!(endpoint.path().is_empty() || endpoint.path().starts_with('/'));
    for made in [endpoint.clone(), endpoint.websocket("/stream"), endpoint.http("/v2/")] {
        assert!(made.to_string().bytes().all(|b| b.is_ascii_graphic()), "{made}");
        assert_eq!(Endpoint::parse(&made.to_string()), Ok(made));
    }
    let port = endpoint.port() == 80;
    Shape::of(&(
        endpoint.scheme() as u8,
        port,
        endpoint.host().contains(':'),
        endpoint.path().len() > 1,
    ))
}
