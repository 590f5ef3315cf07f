//! The decisions about calls that the log holds, one after another, so that they can be made again.
//!
//! What policy read of a call is sealed under the person's key: where that was destroyed, the decision
//! cannot be made again, and is counted as such.

use crate::layout::Layout;
use crate::log::Shared;
use crate::read::Reader;
use crate::record::{Frame, json_of};
use crate::segment::{Walk, created};
use crate::subjects::{KeyId, People};
use crate::{Audit, AuditError, Event};
use domain::{PersonId, TenantId, UnixMillis};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// One decision that was recorded.
#[derive(Clone, Copy, Debug)]
pub struct RecordedDecision<'a> {
    /// Whom the call acted for; `None` if they were erased.
    pub person: Option<(&'a TenantId, &'a PersonId)>,
    /// The program that made it.
    pub client: &'a str,
    /// The tool.
    pub tool: &'a str,
    /// What policy read, as it was handed in; `None` if that was not recorded or cannot be read any more.
    pub basis: Option<&'a str>,
}

/// The fields of a record that matter here.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    ai_agent: Option<Agent<'a>>,
    #[serde(borrow)]
    api: Option<Api<'a>>,
    #[serde(borrow)]
    unmapped: Option<Unmapped<'a>>,
}

#[derive(Deserialize)]
struct Agent<'a> {
    #[serde(borrow)]
    uid: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Api<'a> {
    #[serde(borrow)]
    operation: Option<Operation<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Operation<'a> {
    Known(#[serde(borrow)] Cow<'a, str>),
    Sealed(IgnoredAny),
}

#[derive(Deserialize)]
struct Unmapped<'a> {
    #[serde(borrow)]
    basis: Option<Sealed<'a>>,
}

#[derive(Deserialize)]
struct Sealed<'a> {
    #[serde(borrow)]
    enc: Cow<'a, str>,
}

impl Audit {
    /// Hands every decision about a call since `since` to `each`, oldest first. Reads the whole log from
    /// there: call it beside the threads that serve. The caller authorises the reader and records the reading.
    pub fn decisions(
        &self,
        since: UnixMillis,
        mut each: impl FnMut(RecordedDecision<'_>),
    ) -> Result<(), AuditError> {
        let shared = self.shared();
        let (reader, people) = (Reader::of_shared(shared), shared.subjects.people());
        let segments = reader.segments();
        for (at, first) in segments.iter().enumerate() {
            let next = segments.get(at + 1).map(|next| began(shared, *next)).transpose()?;
            if next.flatten().is_some_and(|next| next < since) {
                continue;
            }
            let bytes = reader.segment(*first)?;
            for (_, frame) in Walk::new(&bytes, *first) {
                if frame.header.time >= since {
                    hand(&frame, shared, &people, &mut each);
                }
            }
        }
        Ok(())
    }
}

/// When a segment was begun: what stands before it is older.
fn began(shared: &Shared, first: u64) -> Result<Option<UnixMillis>, AuditError> {
    let path = Layout::segment(&shared.layout, first);
    let header = shared.disk.read_at(&path, 0, crate::segment::SEGMENT_HEADER_BYTES);
    Ok(created(&header.map_err(AuditError::io("read", path))?, first))
}

fn hand(frame: &Frame<'_>, shared: &Shared, people: &People, each: &mut impl FnMut(RecordedDecision<'_>)) {
    let is_call = matches!(frame.header.event, Event::Intent | Event::Refused);
    let Some(key) = frame.header.key.filter(|_| is_call) else { return };
    let Ok(body) = serde_json::from_slice::<Body<'_>>(json_of(frame.record)) else { return };
    let basis = body.unmapped.and_then(|unmapped| unmapped.basis);
    // A refusal without one was no decision about a tool: a message that could not be read, a route.
    if basis.is_none() && frame.header.event == Event::Refused {
        return;
    }
    let clear = basis.and_then(|sealed| open(shared, key, &sealed.enc));
    let (Some(agent), Some(Operation::Known(tool))) = (body.ai_agent, body.api.and_then(|api| api.operation))
    else {
        return;
    };
    let person = people.get(&key).map(|(tenant, person)| (tenant, person));
    each(RecordedDecision { person, client: &agent.uid, tool: &tool, basis: clear.as_deref() });
}

fn open(shared: &Shared, key: KeyId, sealed: &str) -> Option<String> {
    shared.subjects.by_id(key)?.unseal("unmapped.basis", sealed)
}
