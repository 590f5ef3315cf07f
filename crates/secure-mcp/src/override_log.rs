//! What the log says of overrides: each at start and every 24 hours while it holds, and once its end.
//!
//! What is due at a moment is decided without a clock; the task around it only waits.

use audit::{Audit, OperatorEvent};
use domain::{Clock, Digest, Refusal, UnixMillis};
use settings::{Override, Settings};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often an override that holds is said again.
const SAY_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest wait: a machine's clock may be set while nobody looks.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The shortest wait, so that a log that takes no record is not asked without pause.
const PAUSE: Duration = Duration::from_millis(100);

/// The digest that stands for a configuration in records.
pub(crate) fn config_digest(settings: &Settings) -> Digest {
    Digest::of(format!("{settings:?}").as_bytes())
}

/// The overrides of a running server, and what was said of each.
pub(crate) struct OverrideLog {
    /// The configuration as it is now: an override that is over is no part of it.
    settings: Settings,
    /// In the order of the configuration's overrides.
    said: Vec<Option<UnixMillis>>,
}

impl OverrideLog {
    /// Of a server that starts; nothing was said yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { settings: settings.clone(), said: vec![None; settings.overrides.len()] }
    }

    /// The event that is due at the moment `now`, and its override's place; one at a time, ends first.
    fn due(&self, now: UnixMillis) -> Option<(usize, OperatorEvent)> {
        if let Some(at) = self.settings.overrides.iter().position(|one| !one.holds(now)) {
            let event = OperatorEvent::ConfigChanged {
                by: None,
                config: config_digest(&self.without(at).settings),
                previous: Some(config_digest(&self.settings)),
            };
            return Some((at, event));
        }
        let overrides = self.settings.overrides.iter().zip(&self.said).enumerate();
        overrides.filter(|(_, (_, said))| is_due(**said, now)).map(|(at, (one, _))| (at, active(one))).next()
    }

    /// Notes that the event of the override at `at` is in the log.
    fn note(&mut self, at: usize, now: UnixMillis) {
        if self.settings.overrides.get(at).is_some_and(|one| one.holds(now)) {
            if let Some(said) = self.said.get_mut(at) {
                *said = Some(now);
            }
        } else {
            *self = self.without(at);
        }
    }

    fn without(&self, at: usize) -> Self {
        let mut rest = Self { settings: self.settings.clone(), said: self.said.clone() };
        if at < rest.said.len() && at < rest.settings.overrides.len() {
            rest.settings.overrides.remove(at);
            rest.said.remove(at);
        }
        rest
    }

    /// How long nothing will be due, as far as is known at the moment `now`.
    fn pause(&self, now: UnixMillis) -> Duration {
        let ends = self.settings.overrides.iter().map(|one| one.expires);
        let again = self.said.iter().flatten().map(|said| said.plus(SAY_EVERY));
        let next = ends.chain(again).map(|moment| Duration::from_millis(moment.0.saturating_sub(now.0)));
        next.min().unwrap_or(LOOK_EVERY).clamp(PAUSE, LOOK_EVERY)
    }

    /// Records whatever is due.
    pub(crate) async fn say(&mut self, audit: &Audit, now: UnixMillis) -> Result<(), Refusal> {
        while let Some((at, event)) = self.due(now) {
            if let Some(one) = self.settings.overrides.get(at) {
                let said = if one.holds(now) { "an override is in force" } else { "an override is over" };
                tracing::warn!(name = %one.name, until = one.until(), "{said}");
            }
            audit.record(event).await?;
            self.note(at, now);
        }
        Ok(())
    }

    /// Goes on until the server stops or no override is left.
    pub(crate) async fn follow(
        mut self,
        audit: Audit,
        clock: Arc<dyn Clock>,
        mut stopping: watch::Receiver<bool>,
    ) {
        while !self.settings.overrides.is_empty() {
            tokio::select! {
                () = tokio::time::sleep(self.pause(clock.now())) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            // What is not in the log is due again at the next look.
            if let Err(refusal) = self.say(&audit, clock.now()).await {
                tracing::error!(reason = refusal.internal(), "an override could not be recorded");
            }
        }
    }
}

/// A clock that was set back makes it due as well: said too often harms nobody.
fn is_due(said: Option<UnixMillis>, now: UnixMillis) -> bool {
    said.is_none_or(|said| now >= said.plus(SAY_EVERY) || now < said)
}

fn active(one: &Override) -> OperatorEvent {
    OperatorEvent::OverrideActive {
        name: one.name.to_string(),
        reason: one.reason.clone(),
        expires: one.expires,
    }
}

#[cfg(test)]
mod tests;
