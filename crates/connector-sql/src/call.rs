//! Owns the one way from a begun call to a query: its plan, its tenant, its deadline.

use crate::DatabaseQuery;
use execute::{Begun, BoxFuture, CallPort, Connector, Output, Ran};

impl Connector for DatabaseQuery {
    fn run<'a>(&'a self, call: &'a Begun, _port: &'a dyn CallPort) -> BoxFuture<'a, Ran> {
        Box::pin(async move {
            let deadline = call.started() + call.manifest().limits().timeout;
            let answer = self.answer(call.plan().bytes(), call.principal(), deadline).await;
            let rows = answer.as_ref().ok().and_then(|answer| answer.get("row_count")?.as_u64());
            Ran { rows: rows.unwrap_or(0), ..Ran::in_process(answer.map(Output::of_structured)) }
        })
    }
}
