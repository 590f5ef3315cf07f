//! `[identity]`: token issuers that are trusted beside the server's own.

use crate::error::Fault;
use crate::public_url::PublicUrl;
use crate::raw::{RawIdentity, RawIssuer};
use domain::TenantId;
use std::path::{Path, PathBuf};

/// Whose tokens are accepted.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Issuers other than the embedded one.
    pub issuers: Vec<Issuer>,
}

/// One issuer.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The claim `iss`, byte for byte.
    pub issuer: String,
    /// Its public keys.
    pub jwks_file: PathBuf,
    /// The claim `aud` of its tokens.
    pub audience: String,
    /// The tenant that it speaks for.
    pub tenant: TenantId,
    /// The claim that holds role names; `None` takes no role from its tokens.
    pub roles_claim: Option<String>,
}

impl Identity {
    pub(crate) fn check(raw: RawIdentity, public_url: &PublicUrl, base: &Path) -> Result<Self, Fault> {
        let mut issuers: Vec<Issuer> = Vec::new();
        for (at, raw) in raw.issuers.unwrap_or_default().into_iter().enumerate() {
            let issuer = Issuer::check(raw, at, public_url, base)?;
            if issuers.iter().any(|known| known.issuer == issuer.issuer) {
                let cause = "names an issuer for the second time";
                return Err(Fault::new(
                    format!("identity.issuers[{at}].issuer"),
                    cause,
                    "put all its keys into one JWKS file",
                ));
            }
            issuers.push(issuer);
        }
        Ok(Self { issuers })
    }

    /// The issuers that clients can look up by their name: a URL. RFC 8414 §2.
    pub fn authorization_servers(&self) -> Vec<String> {
        let issuers = self.issuers.iter().map(|issuer| issuer.issuer.clone());
        issuers.filter(|issuer| issuer.starts_with("https://")).collect()
    }
}

impl Issuer {
    fn check(raw: RawIssuer, at: usize, public_url: &PublicUrl, base: &Path) -> Result<Self, Fault> {
        let tenant = raw.tenant.parse::<TenantId>().map_err(|error| {
            Fault::new(
                format!("identity.issuers[{at}].tenant"),
                format!("is wrong: {error}"),
                "use A-Z a-z 0-9 _ -, at most 64 signs",
            )
        })?;
        let audience = raw.audience.unwrap_or_else(|| public_url.as_str().to_owned());
        if audience == public_url.admin_audience() {
            let cause = "is the audience of the admin plane";
            return Err(Fault::new(
                format!("identity.issuers[{at}].audience"),
                cause,
                "let the issuer name another audience for the MCP endpoint",
            ));
        }
        Ok(Self {
            issuer: raw.issuer,
            jwks_file: base.join(raw.jwks_file),
            audience,
            tenant,
            roles_claim: raw.roles_claim,
        })
    }
}
