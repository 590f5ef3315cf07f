//! What can be found: the kinds, their classes and their stable names.
//!
//! Names are written into policies, markers and audit records, so a name never changes.
//! This file knows nothing of how a kind is recognised.

/// The three things an organisation decides about separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Something that opens a door: keys, tokens, passwords.
    Secret,
    /// Something about a person.
    PersonalData,
    /// Text a reader cannot see but a model or a terminal obeys.
    HiddenText,
}

impl Class {
    /// Stable short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::PersonalData => "personal-data",
            Self::HiddenText => "hidden-text",
        }
    }
}

/// One recogniser's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// PEM, OpenSSH, PGP and PuTTY private keys; the whole block where it is present.
    PrivateKey,
    /// AWS access key ids and secret access keys.
    AwsKey,
    /// Google API keys and OAuth secrets.
    GcpKey,
    /// Azure storage and shared-access keys.
    AzureKey,
    /// GitHub tokens of every prefix.
    GithubToken,
    /// GitLab tokens of every prefix.
    GitlabToken,
    /// Slack tokens and incoming webhooks.
    SlackToken,
    /// Stripe secret and restricted keys.
    StripeKey,
    /// npm access tokens.
    NpmToken,
    /// PyPI upload tokens.
    PypiToken,
    /// OpenAI keys.
    OpenAiKey,
    /// Anthropic keys.
    AnthropicKey,
    /// Tokens of further services with a recognisable prefix.
    ServiceToken,
    /// Signed JSON web tokens.
    Jwt,
    /// The credential of an `Authorization` header.
    Authorization,
    /// The password in `scheme://user:password@host`.
    UrlPassword,
    /// A value assigned to a name such as `password` or `api_key`.
    AssignedSecret,
    /// Payment card numbers.
    Card,
    /// International bank account numbers.
    Iban,
    /// E-mail addresses.
    Email,
    /// United States social security numbers.
    UsSsn,
    /// Telephone numbers.
    Phone,
    /// IPv4 and IPv6 addresses.
    IpAddress,
    /// Zero-width, tag, filler and smuggling characters.
    HiddenUnicode,
    /// Characters that reorder what a reader sees.
    BidiControl,
    /// ANSI and OSC sequences and other control characters.
    TerminalControl,
}

impl Kind {
    /// Every kind, the ones that win an overlap first.
    pub const ALL: [Self; 26] = [
        Self::PrivateKey,
        Self::AwsKey,
        Self::GcpKey,
        Self::AzureKey,
        Self::GithubToken,
        Self::GitlabToken,
        Self::SlackToken,
        Self::StripeKey,
        Self::NpmToken,
        Self::PypiToken,
        Self::OpenAiKey,
        Self::AnthropicKey,
        Self::ServiceToken,
        Self::Jwt,
        Self::Authorization,
        Self::UrlPassword,
        Self::AssignedSecret,
        Self::Card,
        Self::Iban,
        Self::Email,
        Self::UsSsn,
        Self::Phone,
        Self::IpAddress,
        Self::HiddenUnicode,
        Self::BidiControl,
        Self::TerminalControl,
    ];

    /// Stable short name: lower case, words joined by hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "private-key",
            Self::AwsKey => "aws-key",
            Self::GcpKey => "gcp-key",
            Self::AzureKey => "azure-key",
            Self::GithubToken => "github-token",
            Self::GitlabToken => "gitlab-token",
            Self::SlackToken => "slack-token",
            Self::StripeKey => "stripe-key",
            Self::NpmToken => "npm-token",
            Self::PypiToken => "pypi-token",
            Self::OpenAiKey => "openai-key",
            Self::AnthropicKey => "anthropic-key",
            Self::ServiceToken => "service-token",
            Self::Jwt => "jwt",
            Self::Authorization => "authorization",
            Self::UrlPassword => "url-password",
            Self::AssignedSecret => "assigned-secret",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Email => "email",
            Self::UsSsn => "us-ssn",
            Self::Phone => "phone",
            Self::IpAddress => "ip-address",
            Self::HiddenUnicode => "hidden-unicode",
            Self::BidiControl => "bidi-control",
            Self::TerminalControl => "terminal-control",
        }
    }

    /// The kind with this name, `None` for a name that was never given out.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The class this kind belongs to.
    pub const fn class(self) -> Class {
        match self {
            Self::Card | Self::Iban | Self::Email | Self::UsSsn | Self::Phone | Self::IpAddress => {
                Class::PersonalData
            }
            Self::HiddenUnicode | Self::BidiControl | Self::TerminalControl => Class::HiddenText,
            _ => Class::Secret,
        }
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindSet(u32);

impl KindSet {
    /// No kind.
    pub const NONE: Self = Self(0);
    /// Every kind.
    pub const ALL: Self = Self((1 << Kind::ALL.len()) - 1);

    /// This set and `kind`.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind as u32)
    }

    /// This set without `kind`.
    #[must_use]
    pub const fn without(self, kind: Kind) -> Self {
        Self(self.0 & !(1 << kind as u32))
    }

    /// Every kind of `class`.
    pub fn of(class: Class) -> Self {
        Kind::ALL.into_iter().filter(|kind| kind.class() == class).collect()
    }

    pub(crate) fn is_hidden_text_alone(self) -> bool {
        self.0 & !Self::of(Class::HiddenText).0 == 0
    }

    /// Whether `kind` is in the set.
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u32) != 0
    }
}

impl FromIterator<Kind> for KindSet {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests;
