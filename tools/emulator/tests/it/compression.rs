//! `Accept-Encoding: gzip`: honoured by the data host, as the real one does.

use crate::client::{Http, Reply};
use crate::stage::Stage;
use flate2::read::GzDecoder;
use std::io::{Read, Write};

fn ask_for_gzip(http: &mut Http, path: &str) -> Reply {
    let request = String::from_utf8(http.render("GET", path, "")).unwrap();
    let request = request.replacen("\r\n", "\r\nAccept-Encoding: gzip, deflate\r\n", 1);
    http.stream.write_all(request.as_bytes()).unwrap();
    http.read().unwrap()
}

#[test]
fn data_are_compressed_for_those_who_ask_and_say_the_same() {
    let (stage, path) = (Stage::steady(), "/v2/stocks/SPY/quotes?end=2020-12-15T14:30:05Z");
    let mut http = stage.http();
    // Fifty quotes of the first five seconds, once they have been.
    let plain = loop {
        let plain = http.ask("GET", path, "");
        if plain.json()["quotes"].as_array().is_some_and(|quotes| quotes.len() >= 50) {
            break plain;
        }
    };
    let packed = ask_for_gzip(&mut http, path);
    assert!(packed.head.contains("Content-Encoding: gzip\r\n"), "{}", packed.head);
    assert!(packed.head.contains("Vary: Accept-Encoding\r\n"), "{}", packed.head);
    assert!(!plain.head.contains("Content-Encoding"), "{}", plain.head);
    assert!(packed.body.len() * 3 < plain.body.len(), "{}", packed.body.len());
    let mut body = Vec::new();
    GzDecoder::new(packed.body.as_slice()).read_to_end(&mut body).unwrap();
    assert_eq!(String::from_utf8(body), String::from_utf8(plain.body));
}

#[test]
fn small_replies_and_those_of_the_trading_host_are_not_compressed() {
    let stage = Stage::steady();
    for path in ["/v2/account", "/v2/calendar", "/v2/stocks/SPY/quotes/latest"] {
        let reply = ask_for_gzip(&mut stage.http(), path);
        assert!(!reply.head.contains("Content-Encoding"), "{path}: {}", reply.head);
        reply.json();
    }
}
