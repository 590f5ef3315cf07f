//! Decisions that were made, made again under another policy: who gains, who loses.
//!
//! Most calls ask what another one asked before. Each question is decided once and then counted.

use crate::basis::PastDecision;
use crate::explain::decide;
use crate::policy::Policy;
use crate::question::Ends;
use domain::{ClientId, PersonId, ResourceName, ToolName};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Unlike questions that are remembered; each takes about 300 bytes. The map starts afresh when it is full.
const MAX_QUESTIONS: usize = 100_000;

/// Changes that are listed; about 200 bytes each. The others are summed up.
const MAX_CHANGES: usize = 10_000;

/// Decisions under a second policy.
pub struct Replay {
    policy: Arc<Policy>,
    known: HashMap<Box<str>, Option<Known>>,
    counts: Counts,
    changes: BTreeMap<(Turn, Changed), u64>,
}

#[derive(Clone)]
struct Known {
    turn: Turn,
    changed: Option<Changed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Same,
    Gain,
    Loss,
}

/// How many decisions came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Decisions that were made again.
    pub decisions: u64,
    /// Those that come out as they did.
    pub same: u64,
    /// Those in which somebody gains.
    pub gained: u64,
    /// Those in which somebody loses.
    pub lost: u64,
    /// Those that cannot be made again: their basis is not recorded or erased, or the tool is another now.
    pub unknown: u64,
}

/// Decisions of one principal about one tool that change in the same way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Changed {
    /// Whom the calls act for.
    pub person: PersonId,
    /// The program that makes them.
    pub client: ClientId,
    /// The tool.
    pub tool: ToolName,
    /// The resource that they read.
    pub resource: Option<ResourceName>,
    /// How they ended.
    pub from: Ends,
    /// How they would end.
    pub to: Ends,
}

/// What would change.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReplayReport {
    /// In numbers.
    #[serde(flatten)]
    pub counts: Counts,
    /// Who gains, with how many decisions.
    pub gains: Vec<(Changed, u64)>,
    /// Who loses, with how many decisions.
    pub losses: Vec<(Changed, u64)>,
}

impl Replay {
    /// Under `policy`.
    pub fn new(policy: Arc<Policy>) -> Self {
        Self { policy, known: HashMap::new(), counts: Counts::default(), changes: BTreeMap::new() }
    }

    /// The policy that is asked.
    pub const fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Makes one decision again. `make` reads it; `key` is the same only for the same question and answer.
    pub fn add(&mut self, key: &str, make: impl FnOnce() -> Option<PastDecision>) {
        self.counts.decisions += 1;
        let known = match self.known.get(key) {
            Some(known) => known.clone(),
            None => {
                let known = make().and_then(|decided| self.decide(&decided));
                if self.known.len() >= MAX_QUESTIONS {
                    self.known.clear();
                }
                self.known.insert(key.into(), known.clone());
                known
            }
        };
        let Some(Known { turn, changed }) = known else {
            self.counts.unknown += 1;
            return;
        };
        match turn {
            Turn::Same => self.counts.same += 1,
            Turn::Gain => self.counts.gained += 1,
            Turn::Loss => self.counts.lost += 1,
        }
        let Some(changed) = changed else { return };
        let place = (turn, changed);
        if self.changes.len() < MAX_CHANGES || self.changes.contains_key(&place) {
            *self.changes.entry(place).or_default() += 1;
        }
    }

    /// One decision that cannot even be read.
    pub fn add_unknown(&mut self) {
        self.counts.decisions += 1;
        self.counts.unknown += 1;
    }

    fn decide(&self, decided: &PastDecision) -> Option<Known> {
        let question = &decided.question;
        let to = decide(&self.policy, question, decided.read).ok()?;
        let from = decided.ends;
        let turn = match to.rank().cmp(&from.rank()) {
            std::cmp::Ordering::Equal => return Some(Known { turn: Turn::Same, changed: None }),
            std::cmp::Ordering::Greater => Turn::Gain,
            std::cmp::Ordering::Less => Turn::Loss,
        };
        let changed = Changed {
            person: question.person.clone(),
            client: question.client.clone(),
            tool: question.tool.clone()?,
            resource: question.resource.clone(),
            from,
            to,
        };
        Some(Known { turn, changed: Some(changed) })
    }

    /// What was found so far, the most frequent change first.
    pub fn report(&self) -> ReplayReport {
        let of = |wanted: Turn| {
            let found = self.changes.iter().filter(|((turn, _), _)| *turn == wanted);
            let mut found: Vec<(Changed, u64)> =
                found.map(|((_, changed), count)| (changed.clone(), *count)).collect();
            found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            found
        };
        ReplayReport { counts: self.counts, gains: of(Turn::Gain), losses: of(Turn::Loss) }
    }
}

/// Writes the key of a decision: tenant, person, client, tool and the text of its basis.
pub fn decision_key(key: &mut String, parts: [&str; 5]) {
    key.clear();
    for part in parts {
        key.push_str(part);
        // No name and no JSON text of one line holds a line break.
        key.push('\n');
    }
}
