//! When what is said of an override.

use super::{OverrideLog, SAY_EVERY, config_digest};
use audit::OperatorEvent;
use domain::UnixMillis;
use settings::Settings;
use std::path::Path;
use std::time::Duration;

/// 2030-01-01T00:00:00Z
const START: UnixMillis = UnixMillis(1_893_456_000_000);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn settings(overrides: &str) -> Settings {
    let text = format!(
        "[server]\npublic_url = \"https://localhost:8443/mcp\"\n[policy]\ndir = \"policies\"\n\
         [[egress.destination]]\nname = \"billing\"\nhost = \"billing.example.com\"\n{overrides}"
    );
    Settings::parse(&text, Path::new("server.toml"), START).unwrap()
}

fn two() -> Settings {
    settings(
        "[[override]]\nname = \"no_isolation\"\nreason = \"a\"\nexpires = 2030-01-02\n\
         [[override]]\nname = \"private_address:billing\"\nreason = \"b\"\nexpires = 2030-01-31\n",
    )
}

/// Everything that is due at a moment, noted as said.
fn said(log: &mut OverrideLog, now: UnixMillis) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((at, event)) = log.due(now) {
        names.push(match event {
            OperatorEvent::OverrideActive { name, .. } => name,
            OperatorEvent::ConfigChanged { .. } => "config_changed".to_owned(),
            other => panic!("{other:?}"),
        });
        log.note(at, now);
    }
    names
}

#[test]
fn each_override_is_said_at_start_and_every_day() {
    let mut log = OverrideLog::new(&two());
    let both = ["no_isolation", "private_address:billing"];
    assert_eq!(said(&mut log, START), both);
    assert_eq!(said(&mut log, START), [""; 0]);
    assert_eq!(said(&mut log, START.plus(SAY_EVERY - Duration::from_millis(1))), [""; 0]);
    assert_eq!(said(&mut log, START.plus(SAY_EVERY)), both);
    assert_eq!(said(&mut log, START.plus(SAY_EVERY + HOUR)), [""; 0]);
}

#[test]
fn the_end_is_said_once_and_the_override_never_again() {
    let settings = two();
    let mut log = OverrideLog::new(&settings);
    said(&mut log, START);
    let end = START.plus(2 * SAY_EVERY);
    let Some((0, OperatorEvent::ConfigChanged { by: None, config, previous })) = log.due(end) else {
        panic!("{:?}", log.due(end))
    };
    let mut rest = settings.clone();
    rest.overrides.remove(0);
    assert_eq!((config, previous), (config_digest(&rest), Some(config_digest(&settings))));
    assert_eq!(said(&mut log, end), ["config_changed", "private_address:billing"]);
    assert_eq!(said(&mut log, end.plus(HOUR)), [""; 0]);
    assert_eq!(said(&mut log, end.plus(SAY_EVERY)), ["private_address:billing"]);
    assert_eq!(said(&mut log, end.plus(40 * SAY_EVERY)), ["config_changed"]);
    assert_eq!(said(&mut log, end.plus(80 * SAY_EVERY)), [""; 0]);
}

#[test]
fn what_was_not_recorded_stays_due() {
    let log = OverrideLog::new(&two());
    assert!(matches!(log.due(START), Some((0, OperatorEvent::OverrideActive { .. }))));
    assert!(matches!(log.due(START), Some((0, OperatorEvent::OverrideActive { .. }))));
}

#[test]
fn a_clock_that_is_set_back_silences_nothing() {
    let mut log = OverrideLog::new(&two());
    said(&mut log, START.plus(HOUR));
    assert_eq!(said(&mut log, START), ["no_isolation", "private_address:billing"]);
}

#[test]
fn the_wait_ends_with_the_next_event() {
    let mut log = OverrideLog::new(&two());
    said(&mut log, START);
    let before = |moment: Duration| START.plus(moment - Duration::from_secs(5));
    assert_eq!(log.pause(before(SAY_EVERY)), Duration::from_secs(5));
    assert_eq!(log.pause(before(2 * SAY_EVERY)), super::PAUSE);
    said(&mut log, START.plus(SAY_EVERY));
    assert_eq!(log.pause(before(2 * SAY_EVERY)), Duration::from_secs(5));
    assert_eq!(log.pause(START.plus(SAY_EVERY + HOUR)), super::LOOK_EVERY);
}
