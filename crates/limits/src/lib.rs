//! How much one subject may call: rates, calls at once, and the day's quotas.
//!
//! Level 5. A rule counts for each person, client, tenant, tool or resource by itself. Rates and calls at
//! once are kept in memory; a quota is written ahead of its use, so that no restart renews it. It knows
//! no policy and no tool: what a call may use at most, and what it used, is said by the layers.

mod admission;
mod bucket;
mod counter;
mod ledger;
mod limits;
mod meter;
mod places;
mod rule;
mod stop;
mod table;
#[cfg(test)]
mod tests;

pub use admission::Admission;
pub use limits::{Limits, LimitsError};
pub use places::{Place, Places};
pub use rule::{Bound, Per, Quotas, Rates, Rule};
