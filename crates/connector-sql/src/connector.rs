//! Owns the tool `database-query`: planning against the twin, running on a session.
//!
//! It knows the plan's bytes and the tenant of a call, and nothing else about the caller.

use crate::guard::Stop;
use crate::limits::{MAX_NAMES_BYTES, MAX_RUNNING};
use crate::mask::MaskKey;
use crate::plan::QueryPlan;
use crate::shelf::Shelf;
use crate::source::Source;
use crate::visible::Visible;
use crate::{refuse, request, tool};
use domain::{Principal, Refusal, RefusalCode, ResourceName};
use limits::Places;
use manifest::{Arguments, AttributeValue, DataView, Plan, Prepare, ToolManifest, ToolManifestError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::timeout_at;

/// The tool cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Two sources have one name.
    #[error("two sources are named `{0}`")]
    TwoSources(ResourceName),
    /// The manifest is not one that can be served.
    #[error("the manifest of `database-query` is not valid")]
    Manifest(#[from] ToolManifestError),
}

/// The tool `database-query` over its sources.
pub struct DatabaseQuery {
    manifest: Arc<ToolManifest>,
    sources: BTreeMap<ResourceName, Arc<Shelf>>,
    mask_key: MaskKey,
    running: Places,
}

impl DatabaseQuery {
    /// The tool over `sources`; `mask_key` makes the tokens of the mask `token`.
    pub fn new(sources: impl IntoIterator<Item = Source>, mask_key: MaskKey) -> Result<Self, BuildError> {
        let mut shelves = BTreeMap::new();
        for source in sources {
            let name = source.name().clone();
            if shelves.insert(name.clone(), Arc::new(Shelf::of(source))).is_some() {
                return Err(BuildError::TwoSources(name));
            }
        }
        Ok(Self {
            manifest: Arc::new(tool::manifest()?),
            sources: shelves,
            mask_key,
            running: Places::new(MAX_RUNNING),
        })
    }

    /// The sources, by name.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values().map(|shelf| shelf.source())
    }

    /// Runs the plan in `bytes` for `caller` until `deadline`. Dropping the future ends the query.
    pub(crate) async fn answer(
        &self,
        bytes: &[u8],
        caller: &Principal,
        deadline: Instant,
    ) -> Result<Value, Refusal> {
        let plan = QueryPlan::decode(bytes)?;
        let shelf = Arc::clone(self.sources.get(&plan.resource).ok_or_else(refuse::no_resource)?);
        let key = self.mask_key.of_tenant(&caller.tenant);
        let tenant = caller.tenant.clone();
        let waiting = timeout_at(deadline.into(), self.running.take(caller)).await;
        let Ok(Some(turn)) = waiting else {
            return Err(Refusal::new(RefusalCode::Busy, "no query ended before this one's deadline"));
        };
        let stop = Stop::at(deadline);
        let _cancel = CancelOnDrop(Arc::clone(&stop));
        let run = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            shelf.run(&plan, &tenant, &key, &stop)
        });
        run.await
            .unwrap_or_else(|_| Err(Refusal::new(RefusalCode::Internal, "the thread of a query ended early")))
    }
}

struct CancelOnDrop(Arc<Stop>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Prepare for DatabaseQuery {
    fn manifest(&self) -> &Arc<ToolManifest> {
        &self.manifest
    }

    fn target(&self, arguments: &Arguments) -> Result<Option<ResourceName>, Refusal> {
        request::resource(arguments).map(Some)
    }

    fn prepare(&self, arguments: &Arguments, view: &DataView) -> Result<Plan, Refusal> {
        let query = request::query(arguments)?;
        if view.resource() != Some(&query.resource) {
            return Err(refuse::no_resource());
        }
        let shelf = self.sources.get(&query.resource).ok_or_else(refuse::no_resource)?;
        let snapshot = shelf.source().snapshot();
        let visible = Arc::new(Visible::of(view, &snapshot.schema));
        if visible.tables.is_empty() {
            return Err(refuse::no_resource());
        }
        let facts = shelf.study(&query.sql, &visible, view.hash(), &snapshot)?;
        if facts.parameters != query.params.len() {
            return Err(refuse::arguments(format!(
                "At /params: expected {} values, found {}.",
                facts.parameters,
                query.params.len()
            )));
        }
        if facts.columns.iter().map(|column| column.name.len()).sum::<usize>() > MAX_NAMES_BYTES {
            return Err(refuse::limit(
                "max_column_names_bytes",
                "the names of the result's columns exceed their limit",
            ));
        }
        // A default counts like a sent value: policy reads what will run.
        let attributes = [
            ("tables".to_owned(), AttributeValue::StringSet(facts.tables)),
            ("operation".to_owned(), AttributeValue::String("query".to_owned())),
            ("max_rows".to_owned(), AttributeValue::Long(i64::from(query.max_rows))),
        ];
        let plan = QueryPlan::new(query, snapshot.schema.hash, Visible::clone(&visible), facts.columns);
        Ok(Plan::new(plan.encode()?, attributes.into()))
    }
}
