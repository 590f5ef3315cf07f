//! Quickstart's own certificate authority: for loopback names only, never for an installation.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// A certificate authority that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the local certificate authority cannot be made")]
pub struct LocalCaError(#[from] rcgen::Error);

/// A certificate authority for one data directory. Its key is dropped with it: it signs once.
pub struct LocalCa {
    /// The authority's certificate, PEM: what clients are told to trust.
    pub certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A server certificate and its key.
pub struct LocalCertificate {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// Its key, PKCS#8 PEM.
    pub key_pem: domain::Secret<String>,
}

impl LocalCa {
    /// A new authority, constrained to signing end certificates.
    pub fn create() -> Result<Self, LocalCaError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Secure MCP Server local authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate_pem = params.self_signed(&key)?.pem();
        Ok(Self { certificate_pem, issuer: Issuer::new(params, key) })
    }

    /// A server certificate for `names` (DNS names and IP addresses).
    pub fn issue(&self, names: &[&str]) -> Result<LocalCertificate, LocalCaError> {
        let key = KeyPair::generate()?;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, "Secure MCP Server on this machine");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate_pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok(LocalCertificate { certificate_pem, key_pem: domain::Secret::new(key.serialize_pem()) })
    }
}
