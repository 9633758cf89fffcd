//! TLS with a certificate of a certificate authority (CA) that is generated at each start.

use std::sync::Arc;

use chrono::{Datelike, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::Error;
use crate::randomness::Randomness;

/// The certificate of the CA as PEM, and what accepts connections with a certificate of it.
pub(crate) struct Tls {
    pub(crate) ca_certificate: String,
    pub(crate) acceptor: TlsAcceptor,
}

impl Tls {
    /// Generates a certificate that is valid for `hosts`, which are names or IP addresses.
    pub(crate) fn generate(hosts: Vec<String>, randomness: &Randomness) -> Result<Self, Error> {
        let key = |purpose| {
            let key = PrivatePkcs8KeyDer::from(randomness.private_key(purpose)?);
            let pair = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256);
            Ok((pair.map_err(failed)?, key))
        };
        let (ca_key, _) = key("certificate authority")?;
        let ca = CertifiedIssuer::self_signed(ca_params(), ca_key).map_err(failed)?;
        let (server_key, server_key_der) = key("server")?;
        let server = server_params(hosts).and_then(|params| params.signed_by(&server_key, &ca));
        let server = server.map_err(failed)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map(|config| config.with_no_client_auth())
            .and_then(|config| config.with_single_cert(vec![server.into()], server_key_der.into()));
        let mut config = config.map_err(failed)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { ca_certificate: ca.pem(), acceptor: Arc::new(config).into() })
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Certificate(error.into())
}

fn ca_params() -> CertificateParams {
    let mut params = params("barcode-cloud-sandbox CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn server_params(hosts: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = params("barcode-cloud-sandbox");
    params.subject_alt_names = CertificateParams::new(hosts)?.subject_alt_names;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// A certificate for less than the 825 days that some systems allow.
fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    let year = Utc::now().year();
    params.not_before = date_time_ymd(year, 1, 1);
    params.not_after = date_time_ymd(year + 2, 1, 1);
    params
}
