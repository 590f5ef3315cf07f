//! Verified tokens are remembered, and never for longer than they are good.

use crate::signer::SIGNER;
use crate::world::{CLAIMS, HEADER, ManualClock, NOW, ask, authenticator, code};
use domain::RefusalCode;
use std::time::{Duration, Instant};

#[test]
fn a_remembered_token_ends_when_it_ends() {
    let clock = ManualClock::at_seconds(NOW);
    let authenticator = authenticator(&clock);
    let token = SIGNER.token(HEADER, &CLAIMS.replace("2000003600", "2000000010"), "ed");
    for (advance_ms, expected) in [
        (0, Ok(())),
        (9_999, Ok(())),
        // From here on the cache is over, and the skew of five seconds holds.
        (1, Ok(())),
        (4_999, Ok(())),
        (1, Err(RefusalCode::TokenExpired)),
        (3_600_000, Err(RefusalCode::TokenExpired)),
    ] {
        clock.advance_ms(advance_ms);
        assert_eq!(code(ask(&authenticator, &token)), expected);
    }
}

/// The second reading costs a look-up, one after a minute costs a signature again; compared by the
/// cheapest of many readings of each kind.
#[test]
fn a_token_is_remembered_for_a_minute() {
    let clock = ManualClock::at_seconds(NOW);
    let authenticator = authenticator(&clock);
    let header = HEADER.replace("EdDSA", "ES256").replace("\"ed\"", "\"es\"");
    let token = SIGNER.token(&header, CLAIMS, "es");
    let cheapest = |advance_ms: u64| {
        let read = || {
            clock.advance_ms(advance_ms);
            let start = Instant::now();
            assert!(ask(&authenticator, &token).is_ok());
            start.elapsed()
        };
        (0..50).map(|_| read()).min().unwrap_or(Duration::ZERO)
    };
    assert!(ask(&authenticator, &token).is_ok());
    let (remembered, verified) = (cheapest(0), cheapest(60_000));
    assert!(remembered * 3 < verified, "remembered {remembered:?}, verified {verified:?}");
    assert!(cheapest(1_000) * 3 < verified, "within the minute nothing is verified again");
}

#[test]
fn a_refusal_is_not_remembered() {
    let clock = ManualClock::at_seconds(NOW - 60); // not valid yet
    let authenticator = authenticator(&clock);
    let token = SIGNER.token(HEADER, CLAIMS, "ed");
    assert_eq!(code(ask(&authenticator, &token)), Err(RefusalCode::Unauthenticated));
    clock.advance_ms(60_000);
    assert_eq!(code(ask(&authenticator, &token)), Ok(()));
}

#[test]
fn one_bit_more_is_another_token() {
    let authenticator = authenticator(&ManualClock::at_seconds(NOW));
    let token = SIGNER.token(HEADER, CLAIMS, "ed");
    assert_eq!(code(ask(&authenticator, &token)), Ok(()));
    for at in (0..token.len()).step_by(7) {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(code(ask(&authenticator, &changed)), Err(RefusalCode::Unauthenticated), "sign {at}");
    }
}

#[test]
fn more_tokens_than_fit_are_all_answered() {
    let authenticator = authenticator(&ManualClock::at_seconds(NOW));
    let token =
        |number: u32| SIGNER.token(HEADER, &CLAIMS.replace("\"t1\"", &format!("\"t{number}\"")), "ed");
    let first = token(0);
    for number in 0..17_000 {
        assert!(ask(&authenticator, &token(number)).is_ok());
    }
    assert!(ask(&authenticator, &first).is_ok());
}
