//! Owns a source and what is kept ready for it: schema twins for planning, sessions for running.
//!
//! It knows what fits what: a twin serves one view of one schema, a session also one tenant and one file.

use crate::answer::answer;
use crate::guard::Stop;
use crate::idle::Idle;
use crate::mask::TenantKey;
use crate::plan::QueryPlan;
use crate::refuse;
use crate::session::Session;
use crate::source::{Snapshot, Source};
use crate::twin::{Facts, Twin};
use crate::visible::Visible;
use domain::{Digest, Refusal, RefusalCode, TenantId};
use serde_json::Value;
use std::sync::Arc;

/// A source, and what is kept ready for it.
pub(crate) struct Shelf {
    source: Source,
    twins: Idle<Twin>,
    sessions: Idle<Session>,
}

impl Shelf {
    pub(crate) fn of(source: Source) -> Self {
        Self { source, twins: Idle::default(), sessions: Idle::default() }
    }

    pub(crate) const fn source(&self) -> &Source {
        &self.source
    }

    /// What `sql` touches under the view with the hash `view`, of which `snapshot` left `visible`.
    pub(crate) fn study(
        &self,
        sql: &str,
        visible: &Arc<Visible>,
        view: Digest,
        snapshot: &Snapshot,
    ) -> Result<Facts, Refusal> {
        let key = Digest::of_parts([view.as_bytes().as_slice(), snapshot.schema.hash.as_bytes()]);
        let mut twin = match self.twins.take(key) {
            Some(twin) => twin,
            None => Twin::new(Arc::clone(visible), &snapshot.schema).map_err(|error| {
                Refusal::new(RefusalCode::Internal, format!("the schema twin cannot be made: {error}"))
            })?,
        };
        let studied = twin.study(sql);
        self.twins.put(key, twin);
        studied.map_err(|misfit| refuse::misfit(&misfit, &visible.hint(&snapshot.schema)))
    }

    /// Runs `plan` on the file if that still is what was planned for. Blocks until the end or `stop`.
    pub(crate) fn run(
        &self,
        plan: &QueryPlan,
        tenant: &TenantId,
        key: &TenantKey,
        stop: &Arc<Stop>,
    ) -> Result<Value, Refusal> {
        let snapshot = self.source.snapshot();
        let unreadable = |error: rusqlite::Error| refuse::run(&error, None);
        let file =
            self.source.file().map_err(|error| refuse::unreadable(format!("the source's file: {error}")))?;
        if plan.schema != snapshot.schema.hash || file != snapshot.file {
            return Err(self.changed());
        }
        let kept_for = session_key(plan, tenant, file);
        let mut session = match self.sessions.take(kept_for) {
            Some(session) => session,
            None => {
                let visible = Arc::new(plan.view.clone());
                Session::open(self.source.path(), &snapshot.schema, &visible, key).map_err(unreadable)?
            }
        };
        if session.schema_version().map_err(unreadable)? != snapshot.schema.version {
            return Err(self.changed());
        }
        let result = answer(&mut session, plan, stop)?;
        self.sessions.put(kept_for, session);
        Ok(result)
    }

    /// Reads the schema again, for the next call, and refuses this one.
    fn changed(&self) -> Refusal {
        match self.source.refresh() {
            Ok(()) => refuse::changed(),
            Err(error) => refuse::unreadable(format!("the source's schema: {error}")),
        }
    }
}

/// One tenant, one schema, one view, one file: a file put in another's place has sessions of its own.
fn session_key(plan: &QueryPlan, tenant: &TenantId, file: (u64, u64)) -> Digest {
    let view = serde_json::to_vec(&plan.view).unwrap_or_default();
    let (device, inode) = (file.0.to_be_bytes(), file.1.to_be_bytes());
    Digest::of_parts([tenant.as_str().as_bytes(), plan.schema.as_bytes(), &view, &device, &inode])
}
