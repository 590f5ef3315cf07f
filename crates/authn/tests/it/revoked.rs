//! What is revoked is refused though its token was verified a moment ago.

use crate::signer::SIGNER;
use crate::world::{CLAIMS, HEADER, ManualClock, NOW, ask, authenticator, code};
use domain::{RefusalCode, UnixMillis};
use revocation::{Revoked, What};

#[test]
fn a_revoked_person_client_or_token_is_refused_at_once_and_good_again_when_lifted() {
    let authenticator = authenticator(&ManualClock::at_seconds(NOW));
    let token = SIGNER.token(HEADER, CLAIMS, "ed");
    let refused = Err(RefusalCode::Unauthenticated);
    for (kind, name) in [("person", "ana"), ("client", "assistant"), ("token", "t1")] {
        // It is among the remembered ones now.
        assert_eq!(code(ask(&authenticator, &token)), Ok(()));
        let revoked =
            |tenant: &str| Revoked { tenant: tenant.parse().unwrap(), what: What::read(kind, name).unwrap() };
        authenticator.revocations().revoke(revoked("globex"), UnixMillis(NOW * 1000));
        assert_eq!(code(ask(&authenticator, &token)), Ok(()), "{kind} of another tenant");
        authenticator.revocations().revoke(revoked("acme"), UnixMillis(NOW * 1000));
        let refusal = ask(&authenticator, &token).unwrap_err();
        assert!(refusal.internal().contains(kind), "{}", refusal.internal());
        assert_eq!(code(ask(&authenticator, &SIGNER.token(HEADER, CLAIMS, "ed"))), refused, "{kind}");
        authenticator.revocations().lift(&revoked("acme"));
    }
    assert_eq!(code(ask(&authenticator, &token)), Ok(()));
}
