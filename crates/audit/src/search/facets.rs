//! What a record can be found by, read from its header and its JSON.

use crate::Event;
use crate::record::{Header, json_of};
use crate::subjects::KeyId;
use domain::UnixMillis;
use serde::Deserialize;
use std::borrow::Cow;

/// What a record can be found by.
#[derive(Debug)]
pub(crate) struct Facets<'a> {
    pub(crate) event: Event,
    pub(crate) time: UnixMillis,
    /// Who acted.
    pub(crate) person: Option<KeyId>,
    /// To whom something was done.
    pub(crate) user: Option<KeyId>,
    pub(crate) tool: Option<Cow<'a, str>>,
    pub(crate) decision: Option<Cow<'a, str>>,
    /// `name=verdict` of every control, joined by commas.
    pub(crate) controls: String,
}

/// A text in clear; a sealed one is an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text<'a> {
    Clear(#[serde(borrow)] Cow<'a, str>),
    Sealed(serde::de::IgnoredAny),
}

impl<'a> Text<'a> {
    fn clear(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Clear(text) => Some(text),
            Self::Sealed(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    actor: Option<Actor<'a>>,
    #[serde(borrow)]
    api: Option<Api<'a>>,
    user: Option<Uid<'a>>,
    #[serde(borrow)]
    unmapped: Unmapped<'a>,
}

#[derive(Deserialize)]
struct Actor<'a> {
    #[serde(borrow, default)]
    authorizations: Vec<Authorization<'a>>,
}

#[derive(Deserialize)]
struct Authorization<'a> {
    #[serde(borrow)]
    decision: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Api<'a> {
    #[serde(borrow)]
    operation: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Uid<'a> {
    uid: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Unmapped<'a> {
    #[serde(borrow)]
    decision: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tool: Option<Text<'a>>,
    #[serde(borrow, default)]
    controls: Vec<Spoken<'a>>,
}

#[derive(Deserialize)]
struct Spoken<'a> {
    name: Cow<'a, str>,
    verdict: Cow<'a, str>,
}

impl<'a> Facets<'a> {
    /// `None` if the bytes are no record.
    pub(crate) fn of(record: &'a [u8]) -> Option<Self> {
        let header = Header::read(record)?;
        let body: Body<'a> = serde_json::from_slice(json_of(record)).ok()?;
        let permitted =
            body.actor.and_then(|actor| actor.authorizations.into_iter().find_map(|one| one.decision));
        let controls: Vec<String> =
            body.unmapped.controls.iter().map(|one| format!("{}={}", one.name, one.verdict)).collect();
        Some(Self {
            event: header.event,
            time: header.time,
            person: header.key,
            user: body.user.and_then(|user| user.uid).and_then(|uid| KeyId::from_hex(&uid)),
            tool: body.api.and_then(|api| api.operation).or(body.unmapped.tool).and_then(Text::clear),
            decision: body.unmapped.decision.or(permitted),
            controls: controls.join(","),
        })
    }
}
