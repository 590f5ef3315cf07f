//! Whom the client trusts: the authority in a file, or the system's.

use super::ClientError;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where Debian, Ubuntu and Alpine keep the authorities; Fedora has a link there.
const SYSTEM_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Certificate authorities, read from a file when a connection needs them.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    file: PathBuf,
}

impl Trust {
    /// Trust in the authorities of `file`, or in the system's.
    pub(crate) fn new(file: Option<&Path>) -> Self {
        Self { file: file.unwrap_or(Path::new(SYSTEM_BUNDLE)).to_owned() }
    }

    /// TLS 1.2 and 1.3, HTTP/1.1.
    pub(crate) fn client_config(&self) -> Result<Arc<ClientConfig>, ClientError> {
        let wrong = |source| ClientError::Trust { file: self.file.display().to_string(), source };
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(&self.file).map_err(|error| wrong(error.into()))?;
        for certificate in certificates {
            // A bundle may hold an authority of a kind that is not supported; the others still count.
            let _unsupported = roots.add(certificate.map_err(|error| wrong(error.into()))?);
        }
        if roots.is_empty() {
            return Err(wrong("it holds no certificate authority".into()));
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
