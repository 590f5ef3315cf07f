//! Roles in an emergency: for an hour at most, by two people, with a reason, loud, and reviewed by
//! somebody else within a day.
//!
//! Level 5. It owns the order request, grant, review and what stands in between; which roles there are
//! and who may grant is policy's, asked by the admin plane. The roles themselves are handed to `authn`,
//! which gives them to whoever authenticates while they last.

mod break_glass;
mod rules;
#[cfg(test)]
mod tests;

pub use break_glass::{Access, Asked, BreakGlass, BreakGlassError};
pub use rules::{MAX_MINUTES, REVIEW_WITHIN};
