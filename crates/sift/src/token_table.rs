//! Tokens with a prefix: what follows it, how long, and how random it must look.
//!
//! A table and nothing else. Prefixes and lengths are the issuers' published formats.

use crate::kind::Kind;

/// The characters a token's body is made of.
#[derive(Clone, Copy)]
pub(crate) enum Alphabet {
    /// Letters and digits.
    Alphanumeric,
    /// Capitals and digits.
    Capitals,
    /// Small hexadecimal digits.
    Hex,
    /// Letters, digits, hyphen and underscore.
    UrlSafe,
    /// Letters, digits, `+`, `/`, `=`.
    Base64,
    /// What [`Alphabet::UrlSafe`] has, and dots.
    Dotted,
    /// Letters, digits, `/` and `_`.
    Path,
    /// What [`Alphabet::Base64`] has, and percent signs.
    Encoded,
}

impl Alphabet {
    pub(crate) const fn accepts(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::UrlSafe => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
            Self::Path => byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_'),
            Self::Encoded => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'%'),
        }
    }
}

/// One token format.
pub(crate) struct Shape {
    pub(crate) prefix: &'static str,
    pub(crate) kind: Kind,
    pub(crate) body: Alphabet,
    pub(crate) fewest: usize,
    pub(crate) most: usize,
}

const fn shape(prefix: &'static str, kind: Kind, body: Alphabet, fewest: usize, most: usize) -> Shape {
    Shape { prefix, kind, body, fewest, most }
}

use Alphabet::{Alphanumeric, Base64, Capitals, Dotted, Encoded, Hex, Path, UrlSafe};
use Kind::{
    AnthropicKey, AwsKey, AzureKey, GcpKey, GithubToken, GitlabToken, NpmToken, OpenAiKey, PrivateKey,
    PypiToken, ServiceToken, SlackToken, StripeKey,
};

/// All formats. A token may be longer than its issuer makes them today where the issuer
/// says that it will be.
pub(crate) static SHAPES: [Shape; 103] = [
    shape("AKIA", AwsKey, Capitals, 16, 16),
    shape("ASIA", AwsKey, Capitals, 16, 16),
    shape("ABIA", AwsKey, Capitals, 16, 16),
    shape("ACCA", AwsKey, Capitals, 16, 16),
    shape("ABSK", AwsKey, Base64, 109, 269),
    shape("AIza", GcpKey, UrlSafe, 35, 35),
    shape("GOCSPX-", GcpKey, UrlSafe, 28, 28),
    shape("ya29.", GcpKey, UrlSafe, 30, 512),
    shape("sig=", AzureKey, Encoded, 43, 64),
    shape("ghp_", GithubToken, Alphanumeric, 36, 255),
    shape("gho_", GithubToken, Alphanumeric, 36, 255),
    shape("ghu_", GithubToken, Alphanumeric, 36, 255),
    shape("ghs_", GithubToken, Alphanumeric, 36, 255),
    shape("ghr_", GithubToken, Alphanumeric, 36, 255),
    shape("github_pat_", GithubToken, UrlSafe, 60, 255),
    shape("glpat-", GitlabToken, Dotted, 20, 300),
    shape("gldt-", GitlabToken, UrlSafe, 20, 64),
    shape("glrt-", GitlabToken, Dotted, 20, 300),
    shape("glrtr-", GitlabToken, Dotted, 20, 300),
    shape("glptt-", GitlabToken, UrlSafe, 40, 64),
    shape("glft-", GitlabToken, UrlSafe, 20, 64),
    shape("glcbt-", GitlabToken, UrlSafe, 20, 70),
    shape("glimt-", GitlabToken, UrlSafe, 25, 64),
    shape("glsoat-", GitlabToken, UrlSafe, 20, 64),
    shape("gloas-", GitlabToken, UrlSafe, 64, 64),
    shape("glagent-", GitlabToken, UrlSafe, 50, 64),
    shape("glffct-", GitlabToken, UrlSafe, 20, 64),
    shape("xoxb-", SlackToken, UrlSafe, 24, 255),
    shape("xoxp-", SlackToken, UrlSafe, 24, 255),
    shape("xoxa-", SlackToken, UrlSafe, 24, 255),
    shape("xoxr-", SlackToken, UrlSafe, 24, 255),
    shape("xoxs-", SlackToken, UrlSafe, 24, 255),
    shape("xoxo-", SlackToken, UrlSafe, 24, 255),
    shape("xoxc-", SlackToken, UrlSafe, 24, 255),
    shape("xoxd-", SlackToken, Encoded, 24, 255),
    shape("xoxe-", SlackToken, UrlSafe, 24, 255),
    shape("xoxe.xox", SlackToken, UrlSafe, 24, 300),
    shape("xapp-", SlackToken, UrlSafe, 40, 255),
    shape("xwfp-", SlackToken, UrlSafe, 24, 255),
    shape("hooks.slack.com/services/", SlackToken, Path, 30, 120),
    shape("hooks.slack.com/workflows/", SlackToken, Path, 30, 120),
    shape("hooks.slack.com/triggers/", SlackToken, Path, 30, 120),
    shape("sk_live_", StripeKey, Alphanumeric, 16, 255),
    shape("rk_live_", StripeKey, Alphanumeric, 16, 255),
    shape("sk_test_", StripeKey, Alphanumeric, 16, 255),
    shape("rk_test_", StripeKey, Alphanumeric, 16, 255),
    shape("sk_org_live_", StripeKey, Alphanumeric, 16, 255),
    shape("whsec_", StripeKey, Base64, 24, 255),
    shape("npm_", NpmToken, Alphanumeric, 36, 36),
    shape("pypi-", PypiToken, UrlSafe, 50, 512),
    shape("sk-proj-", OpenAiKey, UrlSafe, 40, 255),
    shape("sk-svcacct-", OpenAiKey, UrlSafe, 40, 255),
    shape("sk-admin-", OpenAiKey, UrlSafe, 40, 255),
    shape("sk-", OpenAiKey, Alphanumeric, 32, 64),
    shape("sk-ant-", AnthropicKey, UrlSafe, 32, 255),
    shape("sk-or-v1-", ServiceToken, Hex, 64, 64),
    shape("AGE-SECRET-KEY-1", PrivateKey, Capitals, 58, 58),
    shape("hf_", ServiceToken, Alphanumeric, 34, 40),
    shape("api_org_", ServiceToken, Alphanumeric, 34, 34),
    shape("SG.", ServiceToken, Dotted, 60, 72),
    shape("dop_v1_", ServiceToken, Hex, 64, 64),
    shape("doo_v1_", ServiceToken, Hex, 64, 64),
    shape("dor_v1_", ServiceToken, Hex, 64, 64),
    shape("shpat_", ServiceToken, Alphanumeric, 32, 32),
    shape("shpca_", ServiceToken, Alphanumeric, 32, 32),
    shape("shppa_", ServiceToken, Alphanumeric, 32, 32),
    shape("shpss_", ServiceToken, Alphanumeric, 32, 32),
    shape("sgp_", ServiceToken, UrlSafe, 40, 64),
    shape("glc_", ServiceToken, Base64, 32, 400),
    shape("glsa_", ServiceToken, UrlSafe, 41, 41),
    shape("hvs.", ServiceToken, UrlSafe, 24, 300),
    shape("hvb.", ServiceToken, UrlSafe, 100, 400),
    shape("dckr_pat_", ServiceToken, UrlSafe, 27, 40),
    shape("dckr_oat_", ServiceToken, UrlSafe, 27, 40),
    shape("PMAK-", ServiceToken, UrlSafe, 59, 59),
    shape("lin_api_", ServiceToken, Alphanumeric, 40, 40),
    shape("ntn_", ServiceToken, Alphanumeric, 40, 60),
    shape("rdme_", ServiceToken, Alphanumeric, 70, 70),
    shape("pnu_", ServiceToken, Alphanumeric, 36, 36),
    shape("sha256~", ServiceToken, UrlSafe, 43, 43),
    shape("NRAK-", ServiceToken, Capitals, 27, 27),
    shape("fo1_", ServiceToken, UrlSafe, 43, 43),
    shape("dp.pt.", ServiceToken, Alphanumeric, 40, 48),
    shape("dp.st.", ServiceToken, Dotted, 40, 80),
    shape("tfp_", ServiceToken, UrlSafe, 40, 80),
    shape("ATATT3", ServiceToken, Base64, 100, 300),
    shape("sq0atp-", ServiceToken, UrlSafe, 22, 60),
    shape("sq0csp-", ServiceToken, UrlSafe, 43, 60),
    shape("dapi", ServiceToken, Hex, 32, 32),
    shape("figd_", ServiceToken, UrlSafe, 40, 60),
    shape("pul-", ServiceToken, Hex, 40, 40),
    shape("rubygems_", ServiceToken, Hex, 48, 48),
    shape("nfp_", ServiceToken, Alphanumeric, 36, 40),
    shape("sntryu_", ServiceToken, Hex, 64, 64),
    shape("sntrys_", ServiceToken, Base64, 60, 400),
    shape("tskey-", ServiceToken, UrlSafe, 24, 80),
    shape("xkeysib-", ServiceToken, UrlSafe, 70, 90),
    shape("EAA", ServiceToken, Alphanumeric, 100, 400),
    shape("s-s4t2ud-", ServiceToken, Hex, 64, 64),
    shape("s-s4t2af-", ServiceToken, Hex, 64, 64),
    shape("gsk_", ServiceToken, Alphanumeric, 52, 52),
    shape("xai-", ServiceToken, Alphanumeric, 70, 90),
    shape("pplx-", ServiceToken, Alphanumeric, 40, 60),
];
