//! Exceptions: what they cover, and which of them cover nothing.

use super::Finding;
use crate::waivers::Waiver;

/// Findings of `wall` that no waiver covers, and the waivers that covered others.
pub fn apply<'a>(
    wall: &str,
    waivers: &'a [Waiver],
    findings: Vec<Finding>,
) -> (Vec<Finding>, Vec<&'a Waiver>) {
    let mut used = Vec::new();
    let mut left = Vec::new();
    for finding in findings {
        match waivers.iter().find(|waiver| waiver.wall == wall && covers(waiver, &finding)) {
            Some(waiver) => used.push(waiver),
            None => left.push(finding),
        }
    }
    (left, used)
}

/// Waivers that covered nothing, and waivers without a reason.
pub fn stale(waivers: &[Waiver], used: &[&Waiver]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for waiver in waivers {
        let place = format!("{} ({})", waiver.path, waiver.wall);
        if !used.iter().any(|other| std::ptr::eq(*other, waiver)) {
            findings.push(Finding::new(
                &place,
                "is waived and needs no waiver",
                "remove it from xtask/src/waivers.rs",
            ));
        }
        if waiver.reason.len() < 10 {
            findings.push(Finding::new(place, "is waived without a reason", "say why it has to be so"));
        }
    }
    findings
}

fn covers(waiver: &Waiver, finding: &Finding) -> bool {
    let file = finding.place.split(':').next().unwrap_or_default();
    if waiver.path.ends_with('/') { file.starts_with(waiver.path) } else { file == waiver.path }
}
