//! A TLS server whose every byte passes through the test's hands, and the authority behind it.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use st0ck_net::endpoint::{Endpoint, Remote};
use st0ck_net::tcp::{ReadOutcome, TcpAcceptor, TcpLink};
use st0ck_net::tls::Trust;
use std::io::{Read, Write};
use std::sync::Arc;

use crate::support::{listen, until};

pub(crate) type Issuer = CertifiedIssuer<'static, KeyPair>;

/// An authority with this name.
pub(crate) fn authority(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.distinguished_name.push(DnType::CommonName, name);
    change(&mut params);
    Issuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server's certificate for these names.
pub(crate) fn leaf(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// Trust in one authority, by way of a file.
pub(crate) fn trust(authority: &Issuer) -> Trust {
    static FILES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("st0ck-net-{}-{number}.pem", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, authority.pem()).unwrap();
    let trust = Trust::file(&path);
    std::fs::remove_file(&path).unwrap();
    trust.unwrap()
}

/// A chain of certificates with the key of the first.
pub(crate) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// An honest server: its identity, and who vouches for it.
pub(crate) fn honest() -> (Identity, Trust) {
    let authority = authority("an authority", |_| {});
    let key = KeyPair::generate().unwrap();
    let signed = leaf(&["127.0.0.1"]).signed_by(&key, &authority).unwrap();
    let chain = vec![signed.der().clone()];
    ((chain, PrivateKeyDer::Pkcs8(key.serialize_der().into())), trust(&authority))
}

/// A listening server.
pub(crate) struct Server {
    acceptor: TcpAcceptor,
    config: Arc<ServerConfig>,
}

impl Server {
    pub(crate) fn new(
        (chain, key): Identity,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self { acceptor: listen(), config: Arc::new(config) }
    }

    /// Where it is, for somebody with this trust.
    pub(crate) fn remote(&self, scheme: &str, trust: &Trust) -> Remote {
        let url = format!("{scheme}://{}/v2", self.acceptor.local_addr().unwrap());
        Endpoint::parse(&url).unwrap().resolve(trust).unwrap()
    }

    pub(crate) fn accept(&mut self) -> TlsPeer {
        let link = until("a connection", || self.acceptor.accept().unwrap());
        let tls = ServerConnection::new(self.config.clone()).unwrap();
        TlsPeer {
            link,
            tls,
            seen: Vec::new(),
            sealed: Vec::new(),
            portion: usize::MAX,
            over: false,
        }
    }
}

/// One accepted connection.
pub(crate) struct TlsPeer {
    pub(crate) link: TcpLink,
    pub(crate) tls: ServerConnection,
    /// What it was told, opened.
    pub(crate) seen: Vec<u8>,
    /// What it wants to send, sealed.
    pub(crate) sealed: Vec<u8>,
    /// How many sealed bytes go out at a time.
    pub(crate) portion: usize,
    /// The client has finished, or TLS is of no more use.
    pub(crate) over: bool,
}

impl TlsPeer {
    /// Queues plain bytes.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = self.tls.writer().write(rest).unwrap();
            rest = &rest[taken..];
            self.seal();
        }
    }

    /// Takes what was sealed, for the test to spoil or withhold.
    pub(crate) fn seal(&mut self) {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.sealed).unwrap();
        }
    }

    /// Moves what can be moved: one portion out, everything in.
    pub(crate) fn pump(&mut self) {
        self.seal();
        let portion = self.sealed.len().min(self.portion);
        if portion > 0
            && let Ok(count) = self.link.write(&self.sealed[..portion])
        {
            self.sealed.drain(..count);
        }
        let mut chunk = [0; 4096];
        loop {
            match self.link.read(&mut chunk) {
                Ok(ReadOutcome::Data(count)) => self.open(&chunk[..count]),
                Ok(ReadOutcome::Idle) => return,
                Ok(ReadOutcome::Eof) | Err(_) => {
                    self.over = true;
                    return;
                }
            }
        }
    }

    fn open(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.tls.read_tls(&mut bytes).is_ok_and(|count| count > 0) {
            if self.tls.process_new_packets().is_err() {
                self.over = true;
                return;
            }
            // Nothing waiting is an error there, and no news here.
            let _ = self.tls.reader().read_to_end(&mut self.seen);
        }
    }
}
