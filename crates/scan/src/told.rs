//! What one reading tells the next one: findings for texts that are met in a known order.

use sift::Finding;
use std::collections::BTreeMap;

/// Findings by the place in the order of the text that they lie in.
#[derive(Default)]
pub(crate) struct Told {
    findings: BTreeMap<usize, Vec<Finding>>,
    met: usize,
}

impl Told {
    pub(crate) fn add(&mut self, place: usize, finding: Finding) {
        self.findings.entry(place).or_default().push(finding);
    }

    /// What was told of the next text.
    pub(crate) fn next(&mut self) -> Vec<Finding> {
        self.met += 1;
        self.findings.remove(&(self.met - 1)).unwrap_or_default()
    }
}

impl FromIterator<(usize, Finding)> for Told {
    fn from_iter<I: IntoIterator<Item = (usize, Finding)>>(found: I) -> Self {
        let mut told = Self::default();
        found.into_iter().for_each(|(place, finding)| told.add(place, finding));
        told
    }
}
