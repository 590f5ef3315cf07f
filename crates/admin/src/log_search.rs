//! `GET /api/audit/search`: pages of records by person, tool, decision, control, event and time. The
//! search is a record itself, on disk before anything is shown.

use crate::error::{ApiError, json_response};
use crate::log_reading::{LogReadError, entry, failed};
use crate::parts::AdminParts;
use crate::request;
use audit::limits::MAX_SEARCH_RECORDS;
use audit::{Audit, AuditError, Event, OperatorEvent, Person, SearchQuery, Who};
use authz::AdminPermit;
use axum::response::Response;
use domain::{Control, Decision, PersonId, UnixMillis, Verdict};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// A screen or two.
const DEFAULT_LIMIT: usize = 50;

/// A search as it is written: names and words, times in milliseconds since 1970.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names of the query's parameters")]
pub struct WrittenSearch {
    pub person: Option<PersonId>,
    pub tool: Option<String>,
    pub decision: Option<String>,
    pub control: Option<String>,
    pub event: Option<String>,
    pub since_ms: Option<u64>,
    pub until_ms: Option<u64>,
    pub before: Option<u64>,
    pub limit: Option<usize>,
}

/// A word that stands for nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{parameter}` is not {wanted}")]
pub struct SearchWordError {
    /// Where it stands.
    pub parameter: &'static str,
    /// What should stand there.
    pub wanted: String,
}

impl WrittenSearch {
    /// What the words mean.
    pub fn read(self) -> Result<SearchQuery, SearchWordError> {
        let wrong = |parameter, wanted: String| SearchWordError { parameter, wanted };
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_SEARCH_RECORDS).contains(&limit) {
            return Err(wrong("limit", format!("between 1 and {MAX_SEARCH_RECORDS}")));
        }
        let decisions = [Decision::Allow, Decision::Deny, Decision::Pending];
        let decision = self.decision.map(|word| {
            let found = decisions.into_iter().find(|decision| decision.word() == word);
            found.ok_or_else(|| wrong("decision", one_of(decisions.map(Decision::word))))
        });
        let event = self.event.map(|name| {
            let names = || one_of(Event::ALL.map(Event::name));
            Event::from_name(&name).ok_or_else(|| wrong("event", names()))
        });
        Ok(SearchQuery {
            tenant: None,
            person: self.person,
            tool: self.tool,
            decision: decision.transpose()?,
            control: self.control.as_deref().map(control).transpose()?,
            event: event.transpose()?,
            since: self.since_ms.map(UnixMillis),
            until: self.until_ms.map(UnixMillis),
            before: self.before,
            limit,
        })
    }
}

fn one_of<const N: usize>(words: [&'static str; N]) -> String {
    format!("one of: {}", words.join(", "))
}

/// `NAME` or `NAME=VERDICT`.
fn control(text: &str) -> Result<(Control, Option<Verdict>), SearchWordError> {
    let wrong = |wanted: String| SearchWordError { parameter: "control", wanted };
    let (name, verdict) = text.split_once('=').map_or((text, None), |(name, word)| (name, Some(word)));
    let all = || Control::BEFORE_EFFECT.into_iter().chain(Control::BEFORE_REPLY);
    let names: Vec<&str> = all().map(Control::name).collect();
    let control = all().find(|control| control.name() == name).ok_or_else(|| {
        wrong(format!("CONTROL or CONTROL=VERDICT with a control of: {}", names.join(", ")))
    })?;
    let verdict = verdict.map(|word| {
        serde_json::from_value(Value::from(word)).map_err(|_| {
            wrong("CONTROL=VERDICT with pass, changed, refused, error or not_configured".to_owned())
        })
    });
    Ok((control, verdict.transpose()?))
}

/// A page of records, each in the form of the admin plane's answers, newest first, and where the next
/// one begins. `by` is `None` for the owner of the data directory.
pub async fn search_log(
    audit: &Audit,
    query: SearchQuery,
    by: Option<Who>,
) -> Result<(Vec<Value>, Option<u64>), LogReadError> {
    let about =
        query.tenant.clone().zip(query.person.clone()).filter(|(tenant, person)| audit.knows(tenant, person));
    let about = about.map(|(tenant, person)| Person { tenant, person });
    let reader = audit.clone();
    let read = tokio::task::spawn_blocking(move || reader.search(&query));
    let page = read.await.unwrap_or(Err(AuditError::Down)).map_err(LogReadError::Unreadable)?;
    let records = page.records.len() as u64;
    let event = OperatorEvent::LogRead { by, command: "search".to_owned(), call: None, records, about };
    audit.record(event).await.map_err(LogReadError::Unrecorded)?;
    Ok((page.records.iter().map(entry).collect(), page.next))
}

pub(crate) async fn respond(
    parts: &AdminParts,
    permit: &AdminPermit,
    query: Option<&str>,
) -> Result<Response, ApiError> {
    let written: WrittenSearch = request::query(query)?;
    let read = written.read().map_err(|error| ApiError::malformed(error.to_string()))?;
    let query = SearchQuery { tenant: Some(permit.principal().tenant.clone()), ..read };
    let by = Some(validate::who(permit.authenticated()));
    let (records, next) = search_log(&parts.audit, query, by).await.map_err(failed)?;
    Ok(json_response(StatusCode::OK, &json!({ "records": records, "next": next })))
}
