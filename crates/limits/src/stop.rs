//! Why a call is not let pass, in the words of a refusal.

use crate::Rule;
use domain::{Refusal, RefusalCode};

/// Calls end at any moment; half a second to a second is what a caller can wait without being told more.
const SOON_MS: u64 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Too many in a time.
    Rate { limit: &'static str, wait_ms: u64 },
    /// Too many at once.
    Concurrent,
    /// The day's quota is used.
    Quota { limit: &'static str, wait_ms: u64 },
    /// Calls under way may use what is left of the quota.
    Promised { limit: &'static str },
    /// The quota's use cannot be written.
    Unwritable,
    /// More subjects than are counted.
    Crowded,
}

impl Stop {
    pub(crate) fn refusal(self, rule: &Rule) -> Refusal {
        let name = &rule.name;
        let (code, internal, limit, wait_ms) = match self {
            Self::Rate { limit, wait_ms } => {
                (RefusalCode::RateLimited, format!("limit `{name}`: too many calls"), limit, wait_ms)
            }
            Self::Concurrent => (
                RefusalCode::RateLimited,
                format!("limit `{name}`: too many calls at once"),
                "concurrent",
                SOON_MS,
            ),
            Self::Quota { limit, wait_ms } => {
                (RefusalCode::QuotaExhausted, format!("limit `{name}`: used up for today"), limit, wait_ms)
            }
            Self::Promised { limit } => (
                RefusalCode::RateLimited,
                format!("limit `{name}`: calls under way may use the rest of it"),
                limit,
                SOON_MS,
            ),
            Self::Unwritable => {
                let internal = format!("limit `{name}`: its use cannot be written");
                return Refusal::new(RefusalCode::Internal, internal);
            }
            Self::Crowded => {
                let internal = format!("limit `{name}`: more subjects than are counted");
                return Refusal::new(RefusalCode::Busy, internal).with_retry_after_ms(SOON_MS);
            }
        };
        Refusal::new(code, internal).with_limit(limit).with_retry_after_ms(wait_ms)
    }
}
