//! A broker that does as the script says: real sockets, polled by the test itself.

use std::collections::VecDeque;

use st0ck_net::endpoint::{Endpoint, Remote};
use st0ck_net::http::{Limits, ServerConnection, ServerEvent};
use st0ck_net::tcp::TcpAcceptor;
use st0ck_net::tls::Trust;
use st0ck_net::websocket::{WsConfig, WsConnection, WsEvent, accept};
use st0ck_runtime::{InFlight, MonoClock};

/// How one request is answered.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// With this status and body.
    Reply(u16, String),
    /// With the order itself, accepted under this broker id.
    Accept(&'static str),
    /// Not at all; the connection stays.
    Silence,
    /// The connection is closed instead.
    Close,
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `POST /v2/orders`, without the query.
    pub(crate) what: String,
    pub(crate) query: String,
    pub(crate) body: String,
}

pub(crate) struct Broker {
    acceptor: TcpAcceptor,
    clock: MonoClock,
    http: Vec<ServerConnection>,
    /// Connections whose request will never be answered.
    silent: Vec<ServerConnection>,
    streams: Vec<WsConnection>,
    script: VecDeque<(&'static str, Answer)>,
    /// What the lists and the account say unless the script says otherwise.
    pub(crate) positions: String,
    pub(crate) open_orders: String,
    pub(crate) fills: String,
    pub(crate) account: String,
    /// Every request, in order.
    pub(crate) asked: Vec<Asked>,
    /// Every message on the order stream, in order.
    pub(crate) said: Vec<String>,
    /// Whether keys are accepted.
    pub(crate) accepts_keys: bool,
    /// The broker's side of lock-step.
    pub(crate) flight: InFlight,
}

pub(crate) const ACCOUNT: &str = r#"{"id":"a-1","account_number":"PA1","status":"ACTIVE",
    "cash":"1000","equity":"1000","buying_power":"2000"}"#;

impl Broker {
    pub(crate) fn new() -> Self {
        let anywhere = "127.0.0.1:0".parse().expect("an address");
        Self {
            acceptor: TcpAcceptor::bind(anywhere).expect("a free port"),
            clock: MonoClock::new(),
            http: Vec::new(),
            silent: Vec::new(),
            streams: Vec::new(),
            script: VecDeque::new(),
            positions: String::from("[]"),
            open_orders: String::from("[]"),
            fills: String::from("[]"),
            account: String::from(ACCOUNT),
            asked: Vec::new(),
            said: Vec::new(),
            accepts_keys: true,
            flight: InFlight::off(),
        }
    }

    /// Where it listens; `path` is the root.
    pub(crate) fn remote(&self, scheme: &str, path: &str) -> Remote {
        let addr = self.acceptor.local_addr().expect("it listens");
        Endpoint::parse(&format!("{scheme}://{addr}{path}"))
            .unwrap()
            .resolve(&Trust::nobody())
            .unwrap()
    }

    /// The next request whose description begins like this is answered so.
    pub(crate) fn script(&mut self, what: &'static str, answer: Answer) {
        self.script.push_back((what, answer));
    }

    /// How many requests came whose description begins like this.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.asked.iter().filter(|asked| asked.what.starts_with(what)).count()
    }

    /// Sends a message to whoever listens to the order stream.
    pub(crate) fn tell(&mut self, message: &str, binary: bool) {
        for stream in &mut self.streams {
            self.flight.enter(1);
            if binary {
                stream.send_binary(message.as_bytes()).unwrap();
            } else {
                stream.send_text(message).unwrap();
            }
        }
    }

    /// Closes every order stream in order.
    pub(crate) fn close_streams(&mut self, code: u16) {
        let now_ns = self.clock.now_ns();
        self.streams.iter_mut().for_each(|stream| stream.close(now_ns, code));
    }

    pub(crate) fn poll(&mut self) {
        let now_ns = self.clock.now_ns();
        while let Some(link) = self.acceptor.accept().unwrap() {
            self.http.push(ServerConnection::new(link, Limits::default()));
        }
        for mut connection in std::mem::take(&mut self.http) {
            match connection.poll(now_ns) {
                ServerEvent::Quiet => self.http.push(connection),
                ServerEvent::Closed => {}
                ServerEvent::Request => self.serve(connection),
            }
        }
        self.listen(now_ns);
    }

    fn serve(&mut self, mut connection: ServerConnection) {
        let request = connection.request().expect("a request waits");
        if request.path() == "/stream" {
            let Ok(stream) = accept(connection, &[], WsConfig::default()) else {
                panic!("not a websocket's request")
            };
            return self.streams.push(stream);
        }
        self.flight.leave(1);
        let asked = Asked {
            what: format!("{} {}", request.method, request.path()),
            query: request.query().to_owned(),
            body: String::from_utf8(request.body.to_vec()).unwrap(),
        };
        assert_eq!(request.headers.text("APCA-API-KEY-ID"), Some("key"));
        assert_eq!(request.headers.text("APCA-API-SECRET-KEY"), Some("secret"));
        let scripted = self.script.iter().position(|(what, _)| asked.what.starts_with(what));
        let answer = match scripted.and_then(|at| self.script.remove(at)) {
            Some((_, answer)) => answer,
            None => self.usual(&asked),
        };
        let (status, body) = match answer {
            Answer::Reply(status, body) => (status, body),
            Answer::Accept(id) => (200, accepted(&asked.body, id)),
            Answer::Close => {
                self.asked.push(asked);
                return;
            }
            Answer::Silence => {
                self.asked.push(asked);
                return self.silent.push(connection);
            }
        };
        self.asked.push(asked);
        self.flight.enter(1);
        connection
            .respond(status, &[("Content-Type", "application/json")], body.as_bytes())
            .unwrap();
        connection.poll(self.clock.now_ns());
        self.http.push(connection);
    }

    fn usual(&self, asked: &Asked) -> Answer {
        let nothing = r#"{"code":40410000,"message":"order not found"}"#;
        match asked.what.as_str() {
            "GET /v2/positions" => Answer::Reply(200, self.positions.clone()),
            "GET /v2/orders" => Answer::Reply(200, self.open_orders.clone()),
            "GET /v2/account" => Answer::Reply(200, self.account.clone()),
            "GET /v2/account/activities/FILL" => Answer::Reply(200, self.fills.clone()),
            "POST /v2/orders" => Answer::Accept(ID),
            what if what.starts_with("DELETE") => Answer::Reply(204, String::new()),
            _ => Answer::Reply(404, String::from(nothing)),
        }
    }

    fn listen(&mut self, now_ns: u64) {
        let mut replies = Vec::new();
        for (at, stream) in self.streams.iter_mut().enumerate() {
            stream.poll(
                now_ns,
                || 0,
                |event| {
                    if let WsEvent::Message { data, .. } = event {
                        replies.push((at, String::from_utf8(data.to_vec()).unwrap()));
                    }
                },
            );
        }
        for (at, said) in replies {
            self.flight.leave(1);
            let reply = if said.contains("\"auth\"") {
                let status = if self.accepts_keys { "authorized" } else { "unauthorized" };
                format!(
                    r#"{{"stream":"authorization","data":{{"status":"{status}","action":"authenticate"}}}}"#
                )
            } else {
                String::from(r#"{"stream":"listening","data":{"streams":["trade_updates"]}}"#)
            };
            self.said.push(said);
            self.flight.enter(1);
            self.streams[at].send_binary(reply.as_bytes()).unwrap();
        }
        self.streams.retain(|stream| !stream.is_finished());
    }
}

/// The broker's name for orders unless the script says otherwise.
pub(crate) const ID: &str = "61e69015-8549-4bfd-b9c3-01e75843f47d";

/// An order as the broker shows it, from the body that asked for it.
pub(crate) fn accepted(body: &str, id: &str) -> String {
    let asked: serde_json::Value = serde_json::from_str(body).unwrap();
    serde_json::json!({
        "id": id, "client_order_id": asked["client_order_id"], "symbol": asked["symbol"],
        "qty": asked["qty"], "filled_qty": "0", "side": asked["side"],
        "time_in_force": asked["time_in_force"], "limit_price": asked.get("limit_price"),
        "status": "pending_new", "created_at": "2030-01-01T00:00:00Z",
    })
    .to_string()
}
