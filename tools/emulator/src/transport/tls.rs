//! TLS for the loopback port: a certificate authority made at the start, and what it signed.
//!
//! The authority's certificate lies in a file that the ready line names; its key is never written
//! and is gone with this process. Clients are pointed at the file (`REQUESTS_CA_BUNDLE`,
//! `SSL_CERT_FILE`, `NODE_EXTRA_CA_CERTS`), and nothing has to be installed.
//!
//! *Invariant:* the certificate is good for 127.0.0.1 and localhost, and for nothing else.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there is no TLS to speak.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate could not be made.
    #[error("making the test certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate does not suit the protocol.
    #[error("setting up TLS: {0}")]
    Protocol(#[from] rustls::Error),
    /// The authority's certificate could not be written.
    #[error("writing the test authority's certificate to {path}: {source}")]
    File {
        /// Where to.
        path: PathBuf,
        /// The kernel's reason.
        source: io::Error,
    },
}

/// Makes TLS of accepted connections. The authority's file is removed with it.
#[derive(Debug)]
pub(crate) struct TlsAcceptor {
    config: Arc<ServerConfig>,
    ca_file: CaFile,
}

impl TlsAcceptor {
    /// An authority, a certificate of it, and its file, named by the process and the port.
    pub(crate) fn new(port: u16) -> Result<Self, TlsError> {
        let authority = authority()?;
        let key = KeyPair::generate()?;
        let leaf = leaf()?.signed_by(&key, &authority)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = vec![leaf.der().clone()];
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        let ca_file = CaFile::write(port, &authority.pem())?;
        Ok(Self { config: Arc::new(config), ca_file })
    }

    /// Where the authority's certificate lies.
    pub(crate) fn ca_file(&self) -> &Path {
        &self.ca_file.0
    }

    /// The server's side of a new connection.
    pub(crate) fn accept(&self) -> Result<ServerConnection, TlsError> {
        Ok(ServerConnection::new(self.config.clone())?)
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, TlsError> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "st0ck emulator test authority");
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

fn leaf() -> Result<CertificateParams, TlsError> {
    let names = vec![String::from("localhost"), String::from("127.0.0.1")];
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Python's OpenSSL wants a certificate to name its authority's key.
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// A file that goes when this does.
#[derive(Debug)]
struct CaFile(PathBuf);

impl CaFile {
    /// Written anew, for nobody but its owner to read: a file that is there already is another's.
    fn write(port: u16, pem: &str) -> Result<Self, TlsError> {
        let name = format!("st0ck-emulator-{}-{port}.pem", std::process::id());
        let path = std::env::temp_dir().join(name);
        let written = create(&path).and_then(|mut file| file.write_all(pem.as_bytes()));
        match written {
            Ok(()) => Ok(Self(path)),
            Err(source) => Err(TlsError::File { path, source }),
        }
    }
}

fn create(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

impl Drop for CaFile {
    fn drop(&mut self) {
        // Somebody may have cleaned the folder up before.
        let _ = std::fs::remove_file(&self.0);
    }
}
