//! A venue that does as the script says: real sockets, polled by the test itself.

use st0ck_net::endpoint::{Endpoint, Remote};
use st0ck_net::http::{Limits, ServerConnection, ServerEvent};
use st0ck_net::tcp::TcpAcceptor;
use st0ck_net::tls::Trust;
use st0ck_net::websocket::{WsConfig, WsConnection, WsEvent, accept};
use st0ck_runtime::{InFlight, MonoClock};

pub(crate) struct Venue {
    acceptor: TcpAcceptor,
    clock: MonoClock,
    opening: Vec<ServerConnection>,
    pub(crate) streams: Vec<WsConnection>,
    /// Every message that came, in order.
    pub(crate) said: Vec<String>,
    /// Connections so far.
    pub(crate) connections: u32,
    /// Answers to sign-in messages, newest last; the usual one when there is none.
    pub(crate) to_sign_in: Vec<&'static str>,
    /// Whether the HTTP request for a websocket is refused with this status.
    pub(crate) refuses: Option<u16>,
    pub(crate) flight: InFlight,
}

impl Venue {
    pub(crate) fn new() -> Self {
        let anywhere = "127.0.0.1:0".parse().unwrap();
        Self {
            acceptor: TcpAcceptor::bind(anywhere).unwrap(),
            clock: MonoClock::new(),
            opening: Vec::new(),
            streams: Vec::new(),
            said: Vec::new(),
            connections: 0,
            to_sign_in: Vec::new(),
            refuses: None,
            flight: InFlight::off(),
        }
    }

    pub(crate) fn remote(&self) -> Remote {
        let addr = self.acceptor.local_addr().unwrap();
        Endpoint::parse(&format!("ws://{addr}/v2/iex")).unwrap().resolve(&Trust::nobody()).unwrap()
    }

    /// Sends a frame to every stream.
    pub(crate) fn tell(&mut self, frame: &str) {
        for stream in &mut self.streams {
            self.flight.enter(1);
            stream.send_text(frame).unwrap();
        }
    }

    pub(crate) fn close(&mut self, code: u16) {
        let now_ns = self.clock.now_ns();
        self.streams.iter_mut().for_each(|stream| stream.close(now_ns, code));
    }

    pub(crate) fn poll(&mut self) {
        let now_ns = self.clock.now_ns();
        while let Some(link) = self.acceptor.accept().unwrap() {
            self.connections += 1;
            self.opening.push(ServerConnection::new(link, Limits::default()));
        }
        for mut connection in std::mem::take(&mut self.opening) {
            match connection.poll(now_ns) {
                ServerEvent::Quiet => self.opening.push(connection),
                ServerEvent::Closed => {}
                ServerEvent::Request => self.open(connection),
            }
        }
        self.listen(now_ns);
    }

    fn open(&mut self, mut connection: ServerConnection) {
        assert_eq!(connection.request().unwrap().path(), "/v2/iex");
        if let Some(status) = self.refuses {
            connection.respond(status, &[], b"no").unwrap();
            connection.finish();
            return self.opening.push(connection);
        }
        let Ok(mut stream) = accept(connection, &[], WsConfig::default()) else {
            panic!("not a websocket's request")
        };
        self.flight.enter(1);
        stream.send_text(r#"[{"T":"success","msg":"connected"}]"#).unwrap();
        self.streams.push(stream);
    }

    fn listen(&mut self, now_ns: u64) {
        let mut heard = Vec::new();
        for (at, stream) in self.streams.iter_mut().enumerate() {
            let note = |event: WsEvent<'_>| {
                if let WsEvent::Message { data, .. } = event {
                    heard.push((at, String::from_utf8(data.to_vec()).unwrap()));
                }
            };
            stream.poll(now_ns, || 0, note);
        }
        for (at, said) in heard {
            self.flight.leave(1);
            let usual = r#"[{"T":"success","msg":"authenticated"}]"#;
            let reply = if said.contains("\"auth\"") {
                self.to_sign_in.pop().unwrap_or(usual).to_owned()
            } else {
                acknowledge(&said)
            };
            self.said.push(said);
            self.flight.enter(1);
            self.streams[at].send_text(&reply).unwrap();
        }
        self.streams.retain(|stream| !stream.is_finished());
    }
}

/// What was asked for is what is subscribed.
fn acknowledge(subscribe: &str) -> String {
    let mut message: serde_json::Value = serde_json::from_str(subscribe).unwrap();
    message.as_object_mut().unwrap().remove("action");
    message["T"] = "subscription".into();
    format!("[{message}]")
}
