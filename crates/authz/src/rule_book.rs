//! All rules of a policy, found by whom they can speak of.

use crate::rule::Rule;
use crate::vocabulary::Kind;
use cedar_policy::EntityUid;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

pub(crate) struct RuleBook {
    /// In the order of the files, then of the rows.
    rules: Vec<Arc<Rule>>,
    /// Rules whose principal scope names this entity.
    by_principal: HashMap<EntityUid, Vec<Arc<Rule>>>,
    /// Rules whose principal scope names none.
    of_any_principal: Vec<Arc<Rule>>,
    /// Every entity that some rule names. Whoever is not in here cannot be told from another of the same roles.
    named: HashSet<EntityUid>,
}

impl RuleBook {
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let rules: Vec<Arc<Rule>> = rules.into_iter().map(Arc::new).collect();
        let mut by_principal: HashMap<EntityUid, Vec<Arc<Rule>>> = HashMap::new();
        let mut of_any_principal = Vec::new();
        for rule in &rules {
            match rule.principal.entity() {
                Some(uid) => by_principal.entry(uid.clone()).or_default().push(Arc::clone(rule)),
                None => of_any_principal.push(Arc::clone(rule)),
            }
        }
        let named = rules.iter().flat_map(|rule| &rule.literals).cloned().collect();
        Self { rules, by_principal, of_any_principal, named }
    }

    pub(crate) fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    pub(crate) fn names(&self, uid: &EntityUid) -> bool {
        self.named.contains(uid)
    }

    /// What stands behind `prefix` in the names of a kind that rules name, sorted.
    pub(crate) fn named(&self, kind: Kind, prefix: &str) -> BTreeSet<&str> {
        let of_kind = self.named.iter().filter(|uid| Kind::of(uid) == Some(kind));
        of_kind.filter_map(|uid| uid.id().unescaped().strip_prefix(prefix)).collect()
    }

    /// The rules whose principal scope admits `uid`.
    pub(crate) fn about(&self, uid: &EntityUid, ancestors: &BTreeSet<EntityUid>) -> Vec<Arc<Rule>> {
        let by_name = std::iter::once(uid).chain(ancestors).filter_map(|uid| self.by_principal.get(uid));
        by_name
            .flatten()
            .chain(&self.of_any_principal)
            .filter(|rule| rule.principal.admits(uid, ancestors))
            .cloned()
            .collect()
    }
}
