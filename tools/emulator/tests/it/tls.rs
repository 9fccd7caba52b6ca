//! The same port under TLS: what its certificate is good for, and that nothing is lost at the end.

use crate::stage::{Stage, config, recording, steady};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tungstenite::{Message, client};

type Stream = StreamOwned<ClientConnection, TcpStream>;

fn secure() -> Stage {
    let mut secure = config(recording(steady(6_000, 100, 1_000)));
    secure.tls = true;
    Stage::start(secure)
}

fn ca(stage: &Stage) -> PathBuf {
    PathBuf::from(stage.endpoints().ca.as_deref().expect("the ready line names the authority"))
}

/// A connection that trusts `ca` alone, to a server that it calls `name`.
fn connect(stage: &Stage, ca: Option<PathBuf>, name: &str) -> Stream {
    let mut roots = RootCertStore::empty();
    if let Some(ca) = ca {
        roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TcpStream::connect(("127.0.0.1", stage.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}

fn request(stage: &Stage, path: &str) -> String {
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAPCA-API-KEY-ID: {key}\r\n\
         APCA-API-SECRET-KEY: {secret}\r\n\r\n"
    )
}

#[test]
fn requests_are_answered_whole_and_the_end_is_told() {
    let stage = secure();
    assert!(stage.endpoints().rest.starts_with("https://"));
    for name in ["127.0.0.1", "localhost"] {
        let mut stream = connect(&stage, Some(ca(&stage)), name);
        // A reply of half a megabyte: far more than TLS holds at once.
        stream.write_all(request(&stage, "/v2/calendar").as_bytes()).unwrap();
        let mut reply = String::new();
        // Without close_notify this would be an error of TLS, not an end.
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let days: Value = serde_json::from_str(body).unwrap();
        assert!(days.as_array().unwrap().len() > 3_000);
    }
}

#[test]
fn streams_work_under_tls() {
    let stage = secure();
    assert!(stage.endpoints().stream.starts_with("wss://"));
    let stream = connect(&stage, Some(ca(&stage)), "localhost");
    let (mut socket, _) = client("ws://localhost/v2/iex", stream).unwrap();
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    let auth = json!({"action": "auth", "key": key, "secret": secret});
    socket.send(Message::text(auth.to_string())).unwrap();
    let quotes = json!({"action": "subscribe", "quotes": ["SPY"]});
    socket.send(Message::text(quotes.to_string())).unwrap();
    let mut said = Vec::new();
    while said.len() < 6 {
        let message: Value = serde_json::from_slice(&socket.read().unwrap().into_data()).unwrap();
        said.push(message[0]["T"].as_str().unwrap().to_owned());
    }
    assert_eq!(said[..3], ["success", "success", "subscription"]);
    assert!(said[3..].iter().all(|kind| kind == "q"), "{said:?}");
}

#[test]
fn the_certificate_is_good_for_this_machine_and_only_with_its_authority() {
    let stage = secure();
    let refused = |mut stream: Stream| {
        let error = stream.write_all(request(&stage, "/v2/clock").as_bytes()).unwrap_err();
        error.to_string()
    };
    let elsewhere = refused(connect(&stage, Some(ca(&stage)), "paper-api.alpaca.markets"));
    assert!(elsewhere.contains("not valid for name"), "{elsewhere}");
    let stranger = refused(connect(&stage, None, "localhost"));
    assert!(stranger.contains("UnknownIssuer"), "{stranger}");
    // Whoever speaks plainly is shown the door, and holds up nobody.
    let mut plain = TcpStream::connect(("127.0.0.1", stage.port())).unwrap();
    plain.write_all(request(&stage, "/v2/clock").as_bytes()).unwrap();
    let mut answer = Vec::new();
    plain.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // An alert or a reset, and the end.
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn the_file_of_the_authority_is_its_owners_and_goes_with_the_emulator() {
    use std::os::unix::fs::PermissionsExt;
    let stage = secure();
    let path = ca(&stage);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("PRIVATE"));
    stage.handle.stop().unwrap();
    assert!(!path.exists());
}
