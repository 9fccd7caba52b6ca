//! The emulator as a process of its own, and a broker client that shares nothing with ours.

use crate::place::{Place, Running, wait_for};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

/// A running `st0ck emulate alpaca`.
pub(crate) struct Broker {
    pub(crate) process: Running,
    pub(crate) ready: Value,
}

impl Broker {
    /// Starts it and waits for its ready line.
    pub(crate) fn start(place: &Place, args: &[&str]) -> Self {
        // Tests look as often as they can, which is no manner of a client.
        let all = [&["emulate", "alpaca", "--port", "0", "--no-rate-limit"], args].concat();
        let process = place.start(place.command(&all));
        let line = wait_for("the emulator's ready line", || {
            let out = process.out();
            out.ends_with('\n').then_some(out)
        });
        assert_eq!(line.lines().count(), 1, "the ready line is all of stdout: {line}");
        Self { ready: serde_json::from_str(&line).unwrap(), process }
    }

    fn text(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap()
    }

    /// The key and the secret that it takes.
    pub(crate) fn credentials(&self) -> [&str; 2] {
        [self.text("key"), self.text("secret")]
    }

    /// `st0ck run st0cka --clock feed`, told of this broker by its environment.
    pub(crate) fn bot(&self, place: &Place, args: &[&str]) -> Command {
        let mut command = place.command(&[&["run", "st0cka", "--clock", "feed"], args].concat());
        let [key, secret] = self.credentials();
        command
            .env("ALPACA_BASE_URL", self.text("rest"))
            .env("ALPACA_DATA_URL", self.text("data"))
            .env("ALPACA_STREAM_URL", self.text("stream"))
            .env("IS_PAPER_TRADING", "true")
            .env("ST0CKA_KEY", key)
            .env("ST0CKA_SECRET", secret);
        command
    }

    /// Starts such a bot.
    pub(crate) fn start_bot(&self, place: &Place, args: &[&str]) -> Running {
        place.start(self.bot(place, args))
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.request("GET", path, "");
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    /// Sends an order that is not a bot's.
    pub(crate) fn order(&self, body: &Value) -> Value {
        let (status, answer) = self.request("POST", "/v2/orders", &body.to_string());
        assert_eq!(status, 200, "{body}: {answer}");
        answer
    }

    /// Every order it has ever taken, oldest first.
    pub(crate) fn orders(&self) -> Vec<Value> {
        let all = self.get("/v2/orders?status=all&limit=500&direction=asc&nested=false");
        all.as_array().unwrap().clone()
    }

    /// Our ids of every order it has ever taken.
    pub(crate) fn order_ids(&self) -> Vec<String> {
        let id = |order: &Value| order["client_order_id"].as_str().unwrap().to_owned();
        self.orders().iter().map(id).collect()
    }

    /// Waits until it has so many orders.
    pub(crate) fn wait_for_orders(&self, count: usize) {
        wait_for(&format!("{count} orders"), || (self.orders().len() >= count).then_some(()));
    }

    /// Shares of SPY that it holds for us.
    pub(crate) fn position(&self) -> String {
        let all = self.get("/v2/positions");
        let row = all.as_array().unwrap().iter().find(|row| row["symbol"] == "SPY");
        row.map_or("0".to_owned(), |row| row["qty"].as_str().unwrap().to_owned())
    }

    /// One HTTP/1.1 exchange on a connection of its own.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let host = self.text("rest").strip_prefix("http://").unwrap();
        let [key, secret] = self.credentials();
        let mut socket = TcpStream::connect(host).unwrap();
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAPCA-API-KEY-ID: {key}\r\n\
             APCA-API-SECRET-KEY: {secret}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }
}
