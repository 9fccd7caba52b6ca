//! Whom a process trusts to vouch for a peer.
//!
//! Made once at start, on a control thread; cheap to clone, shared by every connection, which also
//! share the tickets by which a session is resumed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use super::{TlsFault, TlsSession};

/// Why there is nobody to trust.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read, or is no list of PEM certificates.
    #[error("{path}: no PEM certificates: {reason}")]
    File {
        /// Where they were looked for.
        path: PathBuf,
        /// What stood in the way.
        reason: String,
    },
    /// The machine has no authorities of its own where they usually lie.
    #[error("this machine lists no certificate authorities: {reason}; use the bundled ones")]
    System {
        /// What stood in the way.
        reason: String,
    },
}

/// Certificate authorities, and how TLS is spoken: 1.2 and 1.3, HTTP/1.1 above it.
#[derive(Clone)]
pub struct Trust {
    config: Arc<ClientConfig>,
    authorities: usize,
}

impl Trust {
    /// Mozilla's authorities, as they were when this program was built.
    #[must_use]
    pub fn bundled() -> Self {
        Self::of(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
    }

    /// The authorities that this machine trusts.
    ///
    /// # Errors
    /// [`TrustError::System`] when there are none.
    pub fn system() -> Result<Self, TrustError> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, ignored) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            let first = found.errors.first().map(ToString::to_string);
            let none = || format!("{ignored} certificates were found, none is of use");
            return Err(TrustError::System { reason: first.unwrap_or_else(none) });
        }
        Ok(Self::of(roots))
    }

    /// Nobody but the authorities in a file of PEM certificates.
    ///
    /// # Errors
    /// [`TrustError::File`]: it cannot be read, has no certificate, or one that cannot be parsed.
    pub fn file(path: &Path) -> Result<Self, TrustError> {
        let fail = |reason: String| TrustError::File { path: path.to_owned(), reason };
        let mut roots = RootCertStore::empty();
        for certificate in
            CertificateDer::pem_file_iter(path).map_err(|error| fail(error.to_string()))?
        {
            let certificate = certificate.map_err(|error| fail(error.to_string()))?;
            roots.add(certificate).map_err(|error| fail(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(fail(String::from("it holds none")));
        }
        Ok(Self::of(roots))
    }

    /// Nobody: for processes that speak no TLS. A handshake fails with
    /// [`TlsFault::UnknownIssuer`].
    #[must_use]
    pub fn nobody() -> Self {
        Self::of(RootCertStore::empty())
    }

    /// How many authorities are trusted.
    #[must_use]
    pub fn authorities(&self) -> usize {
        self.authorities
    }

    /// The client's side of a new connection to `host`, a DNS name or an IP address.
    pub(crate) fn begin(&self, host: &str) -> Result<TlsSession, TlsFault> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsFault::BadName)?;
        TlsSession::new(self.config.clone(), name)
    }

    fn of(roots: RootCertStore) -> Self {
        let authorities = roots.len();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has ciphers for both versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { config: Arc::new(config), authorities }
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust({} authorities)", self.authorities)
    }
}
