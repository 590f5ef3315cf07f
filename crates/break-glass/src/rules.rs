//! What holds of a break-glass at a moment. No IO.

use domain::{Principal, UnixMillis};
use std::time::Duration;
use store::{BreakGlassRow, BreakGlassState};

/// The longest that the roles last. What takes longer is no emergency and has a grant of its own.
pub const MAX_MINUTES: u32 = 60;

/// From the grant to the review.
pub const REVIEW_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// A request that nobody grants for so long was about something else.
const REQUEST_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Waits for a second person.
pub(crate) fn is_open(row: &BreakGlassRow, now: UnixMillis) -> bool {
    row.state == BreakGlassState::Requested && now < row.requested.plus(REQUEST_LIFETIME)
}

/// The roles last. A clock that stands before the grant ends them: it was moved.
pub(crate) fn is_active(row: &BreakGlassRow, now: UnixMillis) -> bool {
    let granted = row.granted.as_ref().is_some_and(|granted| granted.at <= now && now < granted.expires);
    granted && row.state != BreakGlassState::Requested
}

/// Granted a day ago, and nobody has looked at it.
pub(crate) fn is_overdue(row: &BreakGlassRow, now: UnixMillis) -> bool {
    row.state == BreakGlassState::Granted
        && row.granted.as_ref().is_some_and(|granted| now >= granted.at.plus(REVIEW_WITHIN))
}

/// Of this person, through whatever client.
pub(crate) fn is_of(row: &BreakGlassRow, principal: &Principal) -> bool {
    row.principal.tenant == principal.tenant && row.principal.person == principal.person
}
