//! `[[override]]`: a control that the operator weakened, by name, with a reason, until a date.

use crate::Destination;
use crate::error::Fault;
use crate::nearest::nearest;
use crate::raw::RawOverride;
use domain::UnixMillis;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use std::fmt;
use std::time::Duration;

/// An override is for the time until the cause is gone; what is needed for longer is a decision to look at each year.
const MAX_AHEAD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

const NO_ISOLATION: &str = "no_isolation";
const PRIVATE_ADDRESS: &str = "private_address";

/// What can be weakened. Closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverrideName {
    /// Foreign code runs although this machine cannot isolate it.
    NoIsolation,
    /// The destination may have an address of a private network.
    PrivateAddress {
        /// The name of the destination.
        destination: String,
    },
}

impl fmt::Display for OverrideName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIsolation => out.write_str(NO_ISOLATION),
            Self::PrivateAddress { destination } => write!(out, "{PRIVATE_ADDRESS}:{destination}"),
        }
    }
}

/// What is done with an override whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// An error: a server does not start with one.
    Refused,
    /// Handed on, to be shown.
    Kept,
}

/// One override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// What is weakened.
    pub name: OverrideName,
    /// Why.
    pub reason: String,
    /// The first moment at which it does not hold any more.
    pub expires: UnixMillis,
}

impl Override {
    /// Whether it holds at the moment `now`; a server that runs longer than an override asks again.
    pub fn holds(&self, now: UnixMillis) -> bool {
        now < self.expires
    }

    /// Until when it holds, as it was written: the last day, or the moment.
    pub fn until(&self) -> String {
        let moment = i64::try_from(self.expires.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let Some(moment) = moment else { return "the end of time".to_owned() };
        let day = moment.to_zoned(TimeZone::UTC);
        match day.date().yesterday() {
            Ok(last) if day.time() == Time::midnight() => last.to_string(),
            _ => moment.to_string(),
        }
    }

    pub(crate) fn check_all(
        raw: Vec<RawOverride>,
        destinations: &[Destination],
        now: UnixMillis,
        ended: Ended,
    ) -> Result<Vec<Self>, Fault> {
        let mut overrides: Vec<Self> = Vec::new();
        for (at, raw) in raw.into_iter().enumerate() {
            let one = Self::check(raw, at, destinations, now, ended)?;
            if overrides.iter().any(|known| known.name == one.name) {
                return Err(Fault::new(
                    format!("override[{at}].name"),
                    "is written for the second time",
                    "keep one of them",
                ));
            }
            overrides.push(one);
        }
        Ok(overrides)
    }

    fn check(
        raw: RawOverride,
        at: usize,
        destinations: &[Destination],
        now: UnixMillis,
        ended: Ended,
    ) -> Result<Self, Fault> {
        let name = OverrideName::parse(&raw.name, &format!("override[{at}].name"), destinations)?;
        let key = format!("override[{at}].expires");
        let expires = moment(&raw.expires).ok_or_else(|| {
            Fault::new(&key, "is not a date", "write a date such as 2030-01-31, or a date-time with its offset such as 2030-01-31T12:00:00Z")
        })?;
        if expires <= now && ended == Ended::Refused {
            let cause = format!("is over: override `{name}` has expired");
            return Err(Fault::new(
                key,
                cause,
                "remove the override, or write a later date if its reason still holds",
            ));
        }
        if expires > now.plus(MAX_AHEAD) {
            return Err(Fault::new(
                key,
                "is more than a year away",
                "write a nearer date; the override is looked at again then",
            ));
        }
        Ok(Self { name, reason: raw.reason, expires })
    }
}

impl OverrideName {
    fn parse(text: &str, key: &str, destinations: &[Destination]) -> Result<Self, Fault> {
        if text == NO_ISOLATION {
            return Ok(Self::NoIsolation);
        }
        if let Some((PRIVATE_ADDRESS, destination)) = text.split_once(':') {
            if destinations.iter().any(|known| known.name == destination) {
                return Ok(Self::PrivateAddress { destination: destination.to_owned() });
            }
            let near = nearest(destination, destinations.iter().map(|known| known.name.as_str()));
            let advice = near.map_or_else(
                || "name a destination of [[egress.destination]]".to_owned(),
                |near| format!("did you mean `{PRIVATE_ADDRESS}:{near}`?"),
            );
            return Err(Fault::new(key, "names a destination that is not there", advice));
        }
        let advice = format!("write {NO_ISOLATION} or {PRIVATE_ADDRESS}:DESTINATION");
        Err(Fault::new(key, format!("is `{}`, which is not an override", text.escape_debug()), advice))
    }
}

/// A date lasts through its last second in UTC; a date-time needs an offset, or nobody knows which moment it is.
fn moment(value: &toml::Value) -> Option<UnixMillis> {
    let text = match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Datetime(written) => written.to_string(),
        _ => return None,
    };
    let moment = match text.parse::<Date>() {
        Ok(date) if text.len() == "2030-01-31".len() => {
            date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()
        }
        _ => text.parse::<Timestamp>().ok()?,
    };
    u64::try_from(moment.as_millisecond()).ok().map(UnixMillis)
}
