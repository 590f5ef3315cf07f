//! `[identity]`: token issuers that are trusted beside the server's own.

use crate::error::Fault;
use crate::public_url::{PublicUrl, split_port};
use crate::raw::{RawIdentity, RawIssuer};
use domain::TenantId;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A key that its issuer withdraws is refused after this time at most, without much work for the issuer.
const DEFAULT_REFRESH: Duration = Duration::from_secs(300);

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
    pub keys: IssuerKeys,
    /// The claim `aud` of its tokens.
    pub audience: String,
    /// The tenant that it speaks for.
    pub tenant: TenantId,
    /// The claim that holds role names; `None` takes no role from its tokens.
    pub roles_claim: Option<String>,
}

/// Where an issuer's public keys come from: a JWKS document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerKeys {
    /// In a file.
    File(PathBuf),
    /// At its key server.
    Url {
        /// `https://…`; in clear from this machine alone.
        url: String,
        /// Between two questions.
        refresh: Duration,
    },
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
        let keys = IssuerKeys::check(raw.jwks_file, raw.jwks_url, raw.jwks_refresh_s, at, base)?;
        Ok(Self { issuer: raw.issuer, keys, audience, tenant, roles_claim: raw.roles_claim })
    }
}

impl IssuerKeys {
    fn check(
        file: Option<PathBuf>,
        url: Option<String>,
        refresh_s: Option<u64>,
        at: usize,
        base: &Path,
    ) -> Result<Self, Fault> {
        let key = |name: &str| format!("identity.issuers[{at}].{name}");
        match (file, url) {
            (Some(file), None) if refresh_s.is_none() => Ok(Self::File(base.join(file))),
            (Some(_), None) => Err(Fault::new(
                key("jwks_refresh_s"),
                "belongs to jwks_url, and the keys come from a file",
                "leave it out",
            )),
            (None, Some(url)) if is_key_url(&url) => {
                Ok(Self::Url { url, refresh: refresh_s.map_or(DEFAULT_REFRESH, Duration::from_secs) })
            }
            (None, Some(_)) => Err(Fault::new(
                key("jwks_url"),
                "is not an address that keys are taken from",
                "write https://HOST/PATH; http:// is for a key server on this machine (127.0.0.1, [::1], localhost)",
            )),
            (Some(_), Some(_)) => {
                Err(Fault::new(key("jwks_url"), "stands beside jwks_file", "keep one of the two"))
            }
            (None, None) => Err(Fault::new(
                key("jwks_file"),
                "is missing",
                "add it, or jwks_url: without the issuer's keys none of its tokens can be verified",
            )),
        }
    }
}

/// Keys that come in clear over a network are the keys of whoever sits on it.
fn is_key_url(url: &str) -> bool {
    let is_own = |rest: &str| {
        let authority = rest.split('/').next().unwrap_or_default();
        split_port(authority).is_some_and(|(host, _)| ["127.0.0.1", "[::1]", "localhost"].contains(&host))
    };
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let is_plain = rest.bytes().all(|sign| sign.is_ascii_graphic()) && !rest.contains(['@', '#', '\\']);
    is_plain && !rest.is_empty() && (scheme == "https" || scheme == "http" && is_own(rest))
}
