//! `token`.

use super::Home;
use authn::Audience;
use clap::{Args, Subcommand, ValueEnum};
use domain::{ClientId, PersonId, TenantId};
use std::path::PathBuf;
use std::time::Duration;

/// The commands about tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is printed alone, or written into a new file of mode 0600
    Create(CreateToken),
}

/// `token create`
#[derive(Debug, Args)]
pub(crate) struct CreateToken {
    /// Whom calls act for
    #[arg(long, value_name = "PERSON")]
    pub(crate) person: PersonId,
    /// The program that makes them
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: ClientId,
    /// The person's tenant; by default the one that the policy speaks of
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// What the token is for
    #[arg(long, value_enum, default_value = "mcp")]
    pub(crate) audience: NamedAudience,
    /// How long it is good: a number and s, m or h; at most 24h
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = lifetime)]
    pub(crate) ttl: Duration,
    /// Write the token into this new file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) home: Home,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NamedAudience {
    /// The MCP endpoint.
    Mcp,
    /// The admin plane.
    Admin,
}

impl NamedAudience {
    /// The word in requests.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::Admin => "admin",
        }
    }
}

impl From<NamedAudience> for Audience {
    fn from(named: NamedAudience) -> Self {
        match named {
            NamedAudience::Mcp => Self::Mcp,
            NamedAudience::Admin => Self::Admin,
        }
    }
}

/// `90s`, `30m`, `8h`.
fn lifetime(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and s, m or h, at most 24h".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let lifetime = Duration::from_secs(number.checked_mul(seconds).ok_or_else(wrong)?);
    if lifetime.is_zero() || lifetime > authn::MAX_LIFETIME { Err(wrong()) } else { Ok(lifetime) }
}

#[cfg(test)]
mod tests {
    use super::lifetime;
    use std::time::Duration;

    #[test]
    fn lifetimes_are_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("24h", 86400)] {
            assert_eq!(lifetime(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "h", "0s", "25h", "1d", "-1h", "1.5h", "1 h", "99999999999999999999h", "5µ"] {
            assert!(lifetime(text).is_err(), "{text}");
        }
    }
}
