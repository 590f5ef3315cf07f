//! Layer 5, is the output clean: reads every string of every frame, and makes the only thing that a
//! socket writer takes.
//!
//! Level 8. `RawOutput` → `ScannedOutput` → (outcome on disk) → `ScannedFrame`. It owns which place of
//! a frame may be rewritten and which must not; what a finding looks like is `sift`'s, who may see
//! it unredacted is `authz`'s.

mod body;
mod call_meta;
mod close;
mod frame;
mod json_text;
mod notice;
mod output;
mod places;
mod read;
mod refusal;
mod result;
mod scanner;
mod seen;
mod table;
#[cfg(test)]
mod tests;
mod told;

pub use close::close;
pub use frame::{ScannedFrame, seal};
pub use notice::{RefusedCall, notice_error, notice_refusal, notice_result};
pub use output::{ScannedOutput, scan};
pub use scanner::{Actions, FindingAction, OutputScanner};
