//! Why a peer is not talked to under TLS, in words that say what to look at.

use rustls::{AlertDescription, CertificateError, Error};

/// What was wrong with the peer, or with what came from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// The certificate names other hosts.
    #[error("its certificate is for another name")]
    WrongName,
    /// The certificate's last day is over.
    #[error("its certificate has expired (or this machine's clock is ahead)")]
    Expired,
    /// The certificate's first day is yet to come.
    #[error("its certificate is not valid yet (or this machine's clock is behind)")]
    NotYetValid,
    /// The certificate was taken back.
    #[error("its certificate is revoked")]
    Revoked,
    /// Nobody that we trust vouches for the certificate.
    #[error("its certificate is signed by nobody that is trusted here (see account.tls_roots)")]
    UnknownIssuer,
    /// The certificate is not one for servers.
    #[error("its certificate is not made for servers")]
    WrongPurpose,
    /// The certificate is malformed, badly signed, or missing.
    #[error("its certificate is malformed, badly signed or missing")]
    BadCertificate,
    /// The peer ended the conversation with this alert (RFC 8446 §6).
    #[error("it ended the conversation with the alert {0:?}")]
    Alert(AlertDescription),
    /// No version, cipher or protocol that both sides know.
    #[error("it knows no TLS version, cipher or protocol that is known here")]
    Incompatible,
    /// What came is no TLS: often a port for plain text.
    #[error("what it says is no TLS (a port for plain text?)")]
    NotTls,
    /// The connection was made, and nobody answered the handshake in time.
    #[error("nobody answered the TLS handshake in time (a port for plain text?)")]
    Silent,
    /// The peer broke the protocol, or what it sent was changed on the way.
    #[error("it broke the TLS protocol, or its bytes were changed on the way")]
    Protocol,
    /// The stream ended without the peer's last word: somebody may have cut it.
    #[error("the connection was cut without a TLS close_notify")]
    Truncated,
    /// The host cannot stand in a certificate.
    #[error("the host's name cannot stand in a certificate")]
    BadName,
}

impl From<&Error> for TlsFault {
    fn from(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(reason) => of_certificate(reason),
            Error::NoCertificatesPresented => Self::BadCertificate,
            Error::AlertReceived(alert) => Self::Alert(*alert),
            Error::PeerIncompatible(_) | Error::NoApplicationProtocol => Self::Incompatible,
            Error::InvalidMessage(_) => Self::NotTls,
            _ => Self::Protocol,
        }
    }
}

fn of_certificate(reason: &CertificateError) -> TlsFault {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            TlsFault::NotYetValid
        }
        CertificateError::Revoked => TlsFault::Revoked,
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFault::WrongName
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            TlsFault::WrongPurpose
        }
        _ => TlsFault::BadCertificate,
    }
}
