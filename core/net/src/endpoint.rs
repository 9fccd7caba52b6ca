//! Where to connect: a base URL taken apart, and its address looked up.
//!
//! Configuration parses every URL at start ([`Endpoint::parse`]) and resolves it on a control
//! thread ([`Endpoint::resolve`]); hot threads only ever see a [`Remote`], which has an address.
//!
//! *Invariant:* an endpoint holds no credential. User info, queries and fragments are refused, so
//! an endpoint may be printed anywhere.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};

use crate::dial::Dialer;
use crate::tls::Trust;

/// What is wrong with a URL, or why its host has no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No `scheme://` in front, or one that is not known.
    #[error("{url:?}: the scheme must be http://, https://, ws:// or wss://")]
    Scheme {
        /// The text as given.
        url: String,
    },
    /// The host is empty or has characters a host cannot have.
    #[error("{url:?}: the host is missing or malformed; expected scheme://host[:port][/path]")]
    Host {
        /// The text as given.
        url: String,
    },
    /// The port is not a number between 1 and 65535.
    #[error("{url:?}: the port must be a number between 1 and 65535")]
    Port {
        /// The text as given.
        url: String,
    },
    /// The path has a space, a control character or a non-ASCII letter.
    #[error("{url:?}: the path may hold printable ASCII only; percent-encode the rest")]
    Path {
        /// The text as given.
        url: String,
    },
    /// User info, a query or a fragment. The text is not repeated: it may hold a credential.
    #[error("an endpoint URL may not hold user info, '?' or '#': credentials go in headers")]
    NotABase,
    /// The host's name has no address.
    #[error("{host}:{port} does not resolve: {reason}")]
    Unresolved {
        /// The host as given.
        host: String,
        /// The port as given or implied.
        port: u16,
        /// The resolver's own words.
        reason: String,
    },
}

/// The protocol spoken at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `http://`, default port 80.
    Http,
    /// `https://`, default port 443.
    Https,
    /// `ws://`, default port 80.
    Ws,
    /// `wss://`, default port 443.
    Wss,
}

impl Scheme {
    /// The text before `://`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// Whether it is spoken under TLS.
    #[must_use]
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Wss)
    }

    /// The port that a URL need not name.
    #[must_use]
    pub fn default_port(self) -> u16 {
        if self.is_tls() { 443 } else { 80 }
    }
}

/// A base URL in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    host: String,
    port: u16,
    path: String,
}

impl Endpoint {
    /// Parses `scheme://host[:port][/path]`. An IPv6 host stands in brackets.
    ///
    /// # Errors
    /// One of [`EndpointError`] but `Unresolved`; nothing is looked up here.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        if url.contains(['?', '#', '@']) {
            return Err(EndpointError::NotABase);
        }
        let owned = || url.to_owned();
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| EndpointError::Scheme { url: owned() })?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "ws" => Scheme::Ws,
            "wss" => Scheme::Wss,
            _ => return Err(EndpointError::Scheme { url: owned() }),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_authority(authority);
        if !is_host(host) {
            return Err(EndpointError::Host { url: owned() });
        }
        let port = match port {
            None => scheme.default_port(),
            Some(text) => parse_port(text).ok_or_else(|| EndpointError::Port { url: owned() })?,
        };
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(EndpointError::Path { url: owned() });
        }
        let path = path.trim_end_matches('/').to_owned();
        Ok(Self { scheme, host: host.to_owned(), port, path })
    }

    /// The protocol spoken there.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host as written, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port, 1 to 65535.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path root: empty, or begins with `/` and does not end with one.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of the `Host` header: the port is left out when it is the default one.
    #[must_use]
    pub fn authority(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == self.scheme.default_port() { host } else { format!("{host}:{}", self.port) }
    }

    /// The same place over websockets, with `suffix` (such as `/stream`) after the path root. What
    /// was under TLS stays under TLS.
    #[must_use]
    pub fn websocket(&self, suffix: &str) -> Self {
        self.with(if self.scheme.is_tls() { Scheme::Wss } else { Scheme::Ws }, suffix)
    }

    /// The same place over HTTP, with `suffix` after the path root. What was under TLS stays so.
    #[must_use]
    pub fn http(&self, suffix: &str) -> Self {
        self.with(if self.scheme.is_tls() { Scheme::Https } else { Scheme::Http }, suffix)
    }

    /// Looks the address up: at once for an IP literal, by the system's resolver otherwise (which
    /// blocks: a control thread's work). Of several addresses the first IPv4 one is taken, for that
    /// is the family in which brokers register a caller's address. `trust` says who may vouch for
    /// the peer if the scheme is one of TLS.
    ///
    /// # Errors
    /// [`EndpointError::Unresolved`] with the resolver's reason.
    pub fn resolve(&self, trust: &Trust) -> Result<Remote, EndpointError> {
        let fail = |reason: String| EndpointError::Unresolved {
            host: self.host.clone(),
            port: self.port,
            reason,
        };
        let found: Vec<SocketAddr> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| fail(error.to_string()))?
            .collect();
        let addr = found.iter().find(|addr| addr.is_ipv4()).or_else(|| found.first());
        let trust = self.scheme.is_tls().then(|| trust.clone());
        match addr {
            Some(addr) => Ok(Remote { endpoint: self.clone(), addr: *addr, trust, dialer: None }),
            None => Err(fail(String::from("the resolver knows the name but no address"))),
        }
    }

    fn with(&self, scheme: Scheme, suffix: &str) -> Self {
        let path = format!("{}{}", self.path, suffix.trim_end_matches('/'));
        Self { scheme, host: self.host.clone(), port: self.port, path }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority(), self.path)
    }
}

/// An endpoint whose address is known: what connections are opened to.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Where, as configured.
    pub endpoint: Endpoint,
    /// Where, as resolved.
    pub addr: SocketAddr,
    /// Who may vouch for the peer; nothing when it is spoken to in plain text.
    pub(crate) trust: Option<Trust>,
    /// Who connects; nothing when that is done in place.
    pub(crate) dialer: Option<Dialer>,
}

impl Remote {
    /// The same, connected to by a dialer's threads: for whoever must not wait.
    #[must_use]
    pub fn through(self, dialer: &Dialer) -> Self {
        Self { dialer: Some(dialer.clone()), ..self }
    }

    /// The same at the address that its name has now, if the resolver knows one.
    pub(crate) fn looked_up(&self) -> Option<Self> {
        let trust = self.trust.clone().unwrap_or_else(Trust::nobody);
        self.endpoint.resolve(&trust).ok()
    }
}

/// Splits `host:port`, minding the colons inside an IPv6 literal's brackets.
fn split_authority(authority: &str) -> (&str, Option<&str>) {
    if let Some(rest) = authority.strip_prefix('[') {
        return match rest.split_once(']') {
            Some((host, "")) => (host, None),
            // Anything but ":port" behind the bracket leaves a text that is no port.
            Some((host, after)) => (host, Some(after.strip_prefix(':').unwrap_or("-"))),
            None => ("", None),
        };
    }
    match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

fn is_host(host: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if host.contains(':') {
        return host.parse::<std::net::Ipv6Addr>().is_ok();
    }
    !host.is_empty() && host.bytes().all(name)
}

/// Digits only: `str::parse` would also take a leading `+`.
fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, EndpointError, Scheme};
    use crate::tls::Trust;

    #[test]
    fn a_url_comes_apart_into_its_pieces() {
        let endpoint = Endpoint::parse("ws://127.0.0.1:8080/v2/iex").unwrap();
        assert_eq!(endpoint.scheme(), Scheme::Ws);
        assert_eq!(endpoint.host(), "127.0.0.1");
        assert_eq!(endpoint.port(), 8080);
        assert_eq!(endpoint.path(), "/v2/iex");
        assert_eq!(endpoint.to_string(), "ws://127.0.0.1:8080/v2/iex");
    }

    #[test]
    fn the_default_port_stays_out_of_the_host_header() {
        assert_eq!(Endpoint::parse("http://example.test").unwrap().authority(), "example.test");
        assert_eq!(
            Endpoint::parse("HTTP://example.test:80/").unwrap().to_string(),
            "http://example.test"
        );
        assert_eq!(Endpoint::parse("http://[::1]:81").unwrap().authority(), "[::1]:81");
    }

    #[test]
    fn the_websocket_form_keeps_host_port_and_root() {
        let base = Endpoint::parse("http://127.0.0.1:9000/paper/").unwrap();
        assert_eq!(base.websocket("/stream").to_string(), "ws://127.0.0.1:9000/paper/stream");
        assert_eq!(base.websocket("/stream").http("").scheme(), Scheme::Http);
    }

    #[test]
    fn what_is_under_tls_stays_under_tls() {
        let base = Endpoint::parse("https://a.test/paper").unwrap();
        assert_eq!((base.port(), base.authority().as_str()), (443, "a.test"));
        assert_eq!(base.websocket("/stream").to_string(), "wss://a.test/paper/stream");
        assert_eq!(base.websocket("").http("/v2").to_string(), "https://a.test/paper/v2");
        assert_eq!(Endpoint::parse("wss://a.test:80").unwrap().authority(), "a.test:80");
    }

    #[test]
    fn only_a_remote_under_tls_has_somebody_who_vouches_for_it() {
        let trust = |url: &str| {
            Endpoint::parse(url).unwrap().resolve(&Trust::nobody()).unwrap().trust.is_some()
        };
        assert!(trust("https://127.0.0.1") && trust("wss://127.0.0.1"));
        assert!(!trust("http://127.0.0.1") && !trust("ws://127.0.0.1"));
    }

    #[test]
    fn malformed_urls_are_refused_by_the_part_that_is_wrong() {
        let wrong = |url: &str| Endpoint::parse(url).unwrap_err();
        assert!(matches!(wrong("127.0.0.1:80"), EndpointError::Scheme { .. }));
        assert!(matches!(wrong("ftp://a.test"), EndpointError::Scheme { .. }));
        assert!(matches!(wrong("http://"), EndpointError::Host { .. }));
        assert!(matches!(wrong("http://a b"), EndpointError::Host { .. }));
        assert!(matches!(wrong("http://[::1"), EndpointError::Host { .. }));
        assert!(matches!(wrong("http://[nope:]"), EndpointError::Host { .. }));
        for port in ["", "0", "65536", "+80", "8o"] {
            assert!(matches!(wrong(&format!("http://a:{port}/")), EndpointError::Port { .. }));
        }
        assert!(matches!(wrong("http://[::1]80"), EndpointError::Port { .. }));
        assert!(matches!(wrong("http://a/b c"), EndpointError::Path { .. }));
    }

    #[test]
    fn a_credential_in_a_url_is_refused_and_not_repeated() {
        for url in ["http://user:canary@a.test", "ws://a.test/?token=canary", "http://a#canary"] {
            let error = Endpoint::parse(url).unwrap_err();
            assert_eq!(error, EndpointError::NotABase);
            assert!(!error.to_string().contains("canary"));
        }
    }

    #[test]
    fn an_ip_literal_resolves_without_a_resolver() {
        let remote =
            Endpoint::parse("http://127.0.0.1:81").unwrap().resolve(&Trust::nobody()).unwrap();
        assert_eq!(remote.addr, "127.0.0.1:81".parse().unwrap());
    }
}
