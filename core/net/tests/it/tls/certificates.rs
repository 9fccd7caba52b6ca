//! A server that cannot show a good certificate hears nothing from us but why.

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyPair, NameConstraints, SanType, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::version::{TLS12, TLS13};
use st0ck_net::http::FailureKind;
use st0ck_net::http::{HeaderBlock, HttpConfig, HttpConnection, HttpEvent, Request};
use st0ck_net::tcp::LinkError;
use st0ck_net::tls::{TlsFault, Trust};

use super::server::{Identity, Issuer, Server, authority, leaf, trust};
use crate::support::until;

/// A server's identity, signed by an authority.
fn signed(params: &CertificateParams, by: &Issuer) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params.clone().signed_by(&key, by).unwrap();
    (vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
}

fn changed(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = leaf(&["127.0.0.1"]);
    change(&mut params);
    params
}

/// A bad identity, with what must be said of it.
type Bad = (&'static str, Identity, TlsFault);

/// Certificates for other names, for somebody who asks for 127.0.0.1.
fn wrong_names(root: &Issuer) -> Vec<Bad> {
    let bad = |what, change: &dyn Fn(&mut CertificateParams)| {
        (what, signed(&changed(change), root), TlsFault::WrongName)
    };
    vec![
        ("another host", signed(&leaf(&["example.test"]), root), TlsFault::WrongName),
        bad("another address", &|params| {
            params.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 2].into())];
        }),
        bad("a name where an address is asked for", &|params| {
            params.subject_alt_names = vec![SanType::DnsName("localhost".try_into().unwrap())];
        }),
        bad("no alternative names", &|params| {
            params.subject_alt_names.clear();
            params.distinguished_name.push(DnType::CommonName, "127.0.0.1");
        }),
    ]
}

/// Certificates that are past, to come, or for something else.
fn wrong_terms(root: &Issuer) -> Vec<Bad> {
    let bad = |what, fault, change: &dyn Fn(&mut CertificateParams)| {
        (what, signed(&changed(change), root), fault)
    };
    vec![
        bad("expired", TlsFault::Expired, &|params| params.not_after = date_time_ymd(2020, 1, 1)),
        bad("not yet valid", TlsFault::NotYetValid, &|params| {
            params.not_before = date_time_ymd(2100, 1, 1);
        }),
        bad("made for clients", TlsFault::WrongPurpose, &|params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }),
        bad("an authority posing as a server", TlsFault::BadCertificate, &|params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }),
    ]
}

/// Certificates that nobody who counts vouches for.
fn wrong_issuers(root: &Issuer) -> Vec<Bad> {
    let under_root = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an intermediate");
        change(&mut params);
        Issuer::signed_by(params, KeyPair::generate().unwrap(), root).unwrap()
    };
    let elsewhere = under_root(&|params| {
        let loopback = GeneralSubtree::IpAddress(CidrSubnet::V4([127, 0, 0, 0], [255, 0, 0, 0]));
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(String::from("elsewhere.test"))],
            excluded_subtrees: vec![loopback],
        });
    });
    let stranger = authority("an authority", |_| {});
    let with = |by: &Issuer| {
        let (mut chain, key) = signed(&leaf(&["127.0.0.1"]), by);
        chain.push(by.der().clone());
        (chain, key)
    };
    let unsent = under_root(&|_| {});
    let alone = |by: &Issuer| signed(&leaf(&["127.0.0.1"]), by);
    vec![
        ("self-signed", self_signed(), TlsFault::UnknownIssuer),
        ("a stranger of a known name", alone(&stranger), TlsFault::BadCertificate),
        ("its own authority sent along", with(&stranger), TlsFault::BadCertificate),
        ("a chain with a link missing", alone(&unsent), TlsFault::UnknownIssuer),
        ("names its issuer may not vouch for", with(&elsewhere), TlsFault::BadCertificate),
    ]
}

fn self_signed() -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = leaf(&["127.0.0.1"]).self_signed(&key).unwrap();
    (vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
}

/// Connects and asks with a credential; what was said of the server, and what the server heard.
fn ask(identity: Identity, trust: &Trust) -> (Option<LinkError>, Vec<u8>) {
    let mut server = Server::new(identity, &[&TLS12, &TLS13]);
    let mut connection = HttpConnection::new(server.remote("https", trust), HttpConfig::default());
    connection.connect(0);
    let mut peer = server.accept();
    let secret = HeaderBlock::new().with("APCA-API-SECRET-KEY", "canary").unwrap();
    let error = until("an outcome", || {
        peer.pump();
        match connection.poll(1) {
            HttpEvent::Failed(failure) => match failure.kind {
                FailureKind::Connect(error) => Some(Some(error)),
                other => panic!("{other}"),
            },
            HttpEvent::Connected => Some(None),
            _ => None,
        }
    });
    // Whoever does not look at the outcome is refused.
    let sent = connection.send(&Request::get("/account"), &secret, 1_000);
    assert_eq!(sent.is_ok(), error.is_none());
    until("the server has heard all there is", || {
        peer.pump();
        (peer.over || peer.seen.ends_with(b"\r\n\r\n")).then_some(())
    });
    (error, peer.seen)
}

#[test]
fn a_bad_certificate_is_named_and_hears_no_byte_of_a_credential() {
    let root = authority("an authority", |_| {});
    let trust = trust(&root);
    let bad = [wrong_names(&root), wrong_terms(&root), wrong_issuers(&root)];
    for (what, identity, fault) in bad.into_iter().flatten() {
        let (error, heard) = ask(identity, &trust);
        assert_eq!(error, Some(LinkError::Tls(fault)), "{what}");
        assert_eq!(heard, b"", "{what}");
    }
}

#[test]
fn a_good_certificate_hears_the_credential() {
    let root = authority("an authority", |_| {});
    let (error, heard) = ask(signed(&leaf(&["127.0.0.1"]), &root), &trust(&root));
    assert_eq!(error, None);
    assert!(String::from_utf8(heard).unwrap().contains("canary"));
}

#[test]
fn who_trusts_nobody_talks_to_nobody() {
    let root = authority("an authority", |_| {});
    for trust in [Trust::nobody(), Trust::bundled()] {
        let (error, heard) = ask(signed(&leaf(&["127.0.0.1"]), &root), &trust);
        assert_eq!((error, heard.len()), (Some(LinkError::Tls(TlsFault::UnknownIssuer)), 0));
    }
    assert!(Trust::bundled().authorities() > 100);
}

#[test]
fn a_file_without_certificates_is_named() {
    let path = std::env::temp_dir().join(format!("st0ck-net-{}-none.pem", std::process::id()));
    for text in
        ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    {
        std::fs::write(&path, text).unwrap();
        let error = Trust::file(&path).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(Trust::file(&path).unwrap_err().to_string().contains("no PEM certificates"));
}
