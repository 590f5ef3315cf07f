//! The operator's choices, and what one output's findings came to.

use audit::FindingCount;
use domain::{Control, ControlVerdict, Verdict};
use sift::{Class, Finding, Scanner};
use std::collections::BTreeMap;
use std::sync::Arc;
use validate::Aside;

/// What happens where a finding stands in free text or data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingAction {
    /// A marker takes its place.
    Redact,
    /// All but the last signs are hidden, where the kind has such a form; else redacted.
    Mask,
    /// The whole output is withheld.
    Block,
}

/// One action for each class of finding.
#[derive(Clone, Copy, Debug)]
pub struct Actions {
    /// Keys, tokens, private keys.
    pub secrets: FindingAction,
    /// Cards, accounts, addresses, numbers of people.
    pub personal_data: FindingAction,
    /// Invisible, bidirectional and control signs.
    pub hidden_text: FindingAction,
}

impl Default for Actions {
    fn default() -> Self {
        Self {
            secrets: FindingAction::Redact,
            personal_data: FindingAction::Redact,
            hidden_text: FindingAction::Redact,
        }
    }
}

impl Actions {
    pub(crate) const fn of(&self, class: Class) -> FindingAction {
        match class {
            Class::Secret => self.secrets,
            Class::PersonalData => self.personal_data,
            Class::HiddenText => self.hidden_text,
        }
    }
}

/// Layer 5's state. Immutable; made at start. Copies share it.
#[derive(Clone)]
pub struct OutputScanner {
    pub(crate) sift: Arc<Scanner>,
    pub(crate) actions: Actions,
    /// Where big outputs are read.
    pub(crate) aside: Aside,
}

impl OutputScanner {
    /// A scanner with the operator's actions.
    pub fn new(sift: Scanner, actions: Actions) -> Self {
        Self { sift: Arc::new(sift), actions, aside: Aside::on_half_of_the_machine() }
    }
}

/// What was found in one frame and what became of it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<&'static str, u32>,
    changed: Vec<Class>,
    blocked: Vec<Class>,
}

impl Tally {
    pub(crate) fn count(&mut self, finding: &Finding) {
        *self.counts.entry(finding.kind.name()).or_default() += 1;
    }

    pub(crate) fn change(&mut self, class: Class) {
        if !self.changed.contains(&class) {
            self.changed.push(class);
        }
    }

    pub(crate) fn block(&mut self, class: Class) {
        if !self.blocked.contains(&class) {
            self.blocked.push(class);
        }
    }

    pub(crate) const fn is_blocked(&self) -> bool {
        !self.blocked.is_empty()
    }

    pub(crate) fn counts(&self) -> Vec<FindingCount> {
        self.counts.iter().map(|(kind, count)| FindingCount { kind, count: *count }).collect()
    }

    fn verdict(&self, class: Class) -> Verdict {
        if self.blocked.contains(&class) {
            Verdict::Refused
        } else if self.changed.contains(&class) {
            Verdict::Changed
        } else {
            Verdict::Pass
        }
    }

    /// What the layer's controls say.
    pub(crate) fn verdicts(&self) -> Vec<ControlVerdict> {
        verdicts(|class| self.verdict(class))
    }

    /// What they say of an output that they could not look at.
    pub(crate) fn unread_verdicts() -> Vec<ControlVerdict> {
        verdicts(|_| Verdict::Error)
    }
}

/// One verdict for each control. Malware has no engine yet and says so.
fn verdicts(of_class: impl Fn(Class) -> Verdict) -> Vec<ControlVerdict> {
    let of = |control, class| ControlVerdict::of_version(control, sift::VERSION, of_class(class));
    vec![
        of(Control::ScanSecrets, Class::Secret),
        of(Control::ScanPersonalData, Class::PersonalData),
        of(Control::ScanHiddenText, Class::HiddenText),
        ControlVerdict::new(Control::ScanMalware, Verdict::NotConfigured),
    ]
}
