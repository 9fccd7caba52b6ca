//! The clients: HTTP by hand on a `TcpStream`, websockets by `tungstenite`.

use serde_json::Value;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket, client};

/// Far longer than anything takes: a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// An HTTP reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

/// One keep-alive connection.
pub(crate) struct Http {
    pub(crate) stream: TcpStream,
    keys: Option<(String, String)>,
    unread: Vec<u8>,
}

impl Http {
    pub(crate) fn connect(port: u16, keys: Option<(String, String)>) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, keys, unread: Vec::new() }
    }

    /// The bytes of a request.
    pub(crate) fn render(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let keys = self.keys.as_ref().map(|(key, secret)| {
            format!("APCA-API-KEY-ID: {key}\r\nAPCA-API-SECRET-KEY: {secret}\r\n")
        });
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{}Content-Length: {length}\r\n\r\n{body}",
            keys.unwrap_or_default()
        )
        .into_bytes()
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let request = self.render(method, path, body);
        self.stream.write_all(&request).unwrap();
        self.read().expect("a reply")
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        let reply = self.ask("GET", path, "");
        assert_eq!(reply.status, 200, "{path}: {:?}", String::from_utf8_lossy(&reply.body));
        reply.json()
    }

    pub(crate) fn post(&mut self, body: &Value) -> Reply {
        self.ask("POST", "/v2/orders", &body.to_string())
    }

    pub(crate) fn delete(&mut self, path: &str) -> Reply {
        self.ask("DELETE", path, "")
    }

    /// The next reply; `None` when the peer closes first.
    pub(crate) fn read(&mut self) -> Option<Reply> {
        loop {
            if let Some(reply) = self.take() {
                return Some(reply);
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(count) => self.unread.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no reply: {error}"),
            }
        }
    }

    fn take(&mut self) -> Option<Reply> {
        let end = self.unread.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(self.unread[..end].to_vec()).unwrap();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
        });
        let length: usize = length.unwrap_or(0);
        if self.unread.len() < end + length {
            return None;
        }
        let body = self.unread[end..end + length].to_vec();
        self.unread.drain(..end + length);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(Reply { status, head, body })
    }
}

/// One websocket.
pub(crate) struct Socket {
    pub(crate) inner: WebSocket<TcpStream>,
    /// Whether the last message came as binary.
    pub(crate) binary: bool,
}

impl Socket {
    pub(crate) fn connect(port: u16, path: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (inner, _) = client(format!("ws://127.0.0.1:{port}{path}"), stream).unwrap();
        Self { inner, binary: false }
    }

    /// The same with a handshake that asks for MessagePack.
    pub(crate) fn connect_msgpack(port: u16, path: &str) -> Self {
        let mut request = format!("ws://127.0.0.1:{port}{path}").into_client_request().unwrap();
        request.headers_mut().insert("Content-Type", "application/msgpack".parse().unwrap());
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (inner, _) = client(request, stream).unwrap();
        Self { inner, binary: false }
    }

    pub(crate) fn say(&mut self, message: Value) {
        self.say_text(&message.to_string());
    }

    pub(crate) fn say_text(&mut self, message: &str) {
        self.inner.send(Message::text(message)).unwrap();
    }

    /// The next message.
    pub(crate) fn next(&mut self) -> Value {
        loop {
            let message = self.inner.read().expect("a message");
            self.binary = message.is_binary();
            match message {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Binary(data) => return serde_json::from_slice(&data).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Reads on to the close frame and returns its code.
    pub(crate) fn close_code(&mut self) -> u16 {
        loop {
            match self.inner.read() {
                Ok(Message::Close(Some(frame))) => return frame.code.into(),
                Ok(Message::Close(None)) => return 1005,
                Ok(_) => {}
                Err(error) => panic!("no close frame: {error}"),
            }
        }
    }
}
