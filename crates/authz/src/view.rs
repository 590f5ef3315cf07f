//! What of a resource a caller may see: grants and rules say who reads, `data.toml` says how.
//!
//! A table is there if both sides may `read` it. A column is there as `data.toml` lists it; a mask
//! is lifted only if both sides may `readUnmasked`. What is not listed is not there, and neither is a row
//! that does not meet the table's conditions, for nobody.

use crate::data::{Data, RowRule};
use crate::party::Caller;
use crate::permit::Permit;
use crate::policy::Policy;
use crate::ruling::Ruling;
use crate::slice::{Slice, Target};
use crate::vocabulary::{self, Action};
use cedar_policy::EntityUid;
use domain::{Principal, Refusal, RefusalCode, ResourceName};
use manifest::{Attributes, ColumnView, DataView, TableView, Treatment};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `data.toml`, ready to be asked about.
pub(crate) struct DataRules {
    resources: BTreeMap<ResourceName, ResourceRules>,
}

struct ResourceRules {
    target: Target,
    tables: BTreeMap<String, TableRules>,
}

struct TableRules {
    target: Target,
    columns: BTreeMap<String, (Target, Treatment)>,
    rows: Vec<RowRule>,
}

/// Person, client, resource; and who they are, where rows depend on it.
pub(crate) type ViewKey = (u64, u64, u32, Option<Principal>);

/// A view, or why there is none.
pub(crate) type ViewResult = Result<Arc<DataView>, Refusal>;

/// The caller's view of `resource`: tables and columns that are left out are denied.
///
/// Refuses with `denied` if the resource is not in `data.toml` or not readable for the caller.
pub fn data_view(permit: &Permit, resource: &ResourceName) -> Result<Arc<DataView>, Refusal> {
    view_of(permit.policy(), permit.caller(), resource)
}

pub(crate) fn view_of(policy: &Policy, caller: &Caller, resource: &ResourceName) -> ViewResult {
    let denied = |internal: String| Refusal::new(RefusalCode::Denied, internal);
    let Some(rules) = policy.data().resources.get(resource) else {
        return Err(denied(format!("resource `{resource}` is not in `data.toml`")));
    };
    let who = caller.principal.clone().filter(|_| rules.depends_on_caller());
    let key = (caller.person.number, caller.client.number, rules.target.number, who);
    policy.remembered_view(key, || {
        let ruling = Ruling::ask(policy, caller, Action::Read, &rules.target, &Attributes::new());
        if !ruling.allowed() {
            return Err(denied(ruling.why_denied(Action::Read, &rules.target)));
        }
        let readable =
            rules.tables.iter().filter(|(_, table)| both_permit(policy, caller, Action::Read, &table.target));
        let tables = readable.map(|(name, table)| (name.clone(), table.view(policy, caller))).collect();
        Ok(Arc::new(DataView::new(resource.clone(), tables)))
    })
}

/// Why a caller does not see a table, for an explanation.
pub(crate) fn table_ruling<'a>(
    policy: &'a Policy,
    caller: &Caller,
    resource: &ResourceName,
    table: &str,
) -> Option<(Ruling, &'a Target)> {
    let target = &policy.data().resources.get(resource)?.tables.get(table)?.target;
    Some((Ruling::ask(policy, caller, Action::Read, target, &Attributes::new()), target))
}

/// Asked without the memory for slices: the view as a whole is remembered, and a wide resource
/// would push out the answers that every call needs.
fn both_permit(policy: &Policy, caller: &Caller, action: Action, target: &Target) -> bool {
    [&caller.person, &caller.client]
        .into_iter()
        .all(|party| Slice::cut(policy, party, action, target).answer(&Attributes::new()).allowed)
}

impl ResourceRules {
    fn depends_on_caller(&self) -> bool {
        self.tables.values().flat_map(|table| &table.rows).any(RowRule::depends_on_caller)
    }
}

impl TableRules {
    fn view(&self, policy: &Policy, caller: &Caller) -> TableView {
        let columns = self.columns.iter().map(|(name, (target, treatment))| {
            let treatment = match treatment {
                Treatment::Mask(_) if both_permit(policy, caller, Action::ReadUnmasked, target) => {
                    Treatment::Clear
                }
                other => *other,
            };
            (name.clone(), ColumnView { treatment })
        });
        let rows = self.rows.iter().map(|rule| rule.for_caller(caller.principal.as_ref())).collect();
        TableView { columns: columns.collect(), rows }
    }
}

impl DataRules {
    /// The names of all resources.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &ResourceName> {
        self.resources.keys()
    }

    /// The conditions of a table.
    pub(crate) fn rows(&self, resource: &ResourceName, table: &str) -> &[RowRule] {
        let table = self.resources.get(resource).and_then(|resource| resource.tables.get(table));
        table.map_or(&[], |table| &table.rows)
    }

    /// Every resource, table and column.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Target> {
        self.resources.values().flat_map(|resource| {
            let tables = resource.tables.values().flat_map(|table| {
                std::iter::once(&table.target).chain(table.columns.values().map(|(target, _)| target))
            });
            std::iter::once(&resource.target).chain(tables)
        })
    }

    pub(crate) fn new(data: &Data, target: &mut impl FnMut(EntityUid) -> Target) -> Self {
        let resources = data.resources.iter().map(|(resource, tables)| {
            let resource_target = target(vocabulary::resource(resource));
            let tables = tables.iter().map(|(table, data)| {
                let table_target = target(vocabulary::table(resource, table));
                let columns = data.columns.iter().map(|(column, treatment)| {
                    (column.clone(), (target(vocabulary::column(resource, table, column)), *treatment))
                });
                let columns = columns.collect();
                (table.clone(), TableRules { target: table_target, columns, rows: data.rows.clone() })
            });
            let tables = tables.collect();
            (resource.clone(), ResourceRules { target: resource_target, tables })
        });
        Self { resources: resources.collect() }
    }
}
