//! What a scanner looks for. Which findings matter to whom is policy and lives above.

use crate::finding::Confidence;
use crate::kind::KindSet;

/// The choices a scanner is built from.
#[derive(Clone, Debug)]
pub struct ScannerConfig {
    /// The kinds to look for.
    pub kinds: KindSet,
    /// Findings below this are not reported.
    pub minimum_confidence: Confidence,
}

impl Default for ScannerConfig {
    fn default() -> Self {
        Self { kinds: KindSet::ALL, minimum_confidence: Confidence::Medium }
    }
}
