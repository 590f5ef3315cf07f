//! Good tokens, and what they say of the caller.

use crate::signer::SIGNER;
use crate::world::{CLAIMS, HEADER, MCP, ManualClock, NOW, arrival, ask, at_once, authenticator, code};
use authn::{Audience, authenticate};
use domain::{Control, RefusalCode, Verdict};

fn header(algorithm: &str, key: &str) -> String {
    format!(r#"{{"alg":"{algorithm}","typ":"at+jwt","kid":"{key}"}}"#)
}

#[test]
fn each_algorithm_of_the_list_is_accepted() {
    let authenticator = authenticator(&ManualClock::at_seconds(NOW));
    for (algorithm, key) in [("EdDSA", "ed"), ("ES256", "es"), ("RS256", "rs")] {
        let evidence =
            ask(&authenticator, &SIGNER.token(&header(algorithm, key), CLAIMS, key)).expect(algorithm);
        let principal = evidence.principal();
        assert_eq!(
            (principal.person.as_str(), principal.client.as_str()),
            ("ana", "assistant"),
            "{algorithm}"
        );
        assert_eq!(principal.tenant.as_str(), "acme", "the issuer is bound to its tenant");
        assert_eq!(evidence.audience(), Audience::Mcp);
        assert_eq!(evidence.token_roles().iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["analyst"]);
        assert_eq!(
            (evidence.verdict().name, evidence.verdict().verdict),
            (Control::AuthnToken, Verdict::Pass)
        );
    }
}

#[test]
fn what_the_standards_leave_open_is_accepted() {
    let authenticator = authenticator(&ManualClock::at_seconds(NOW));
    for (old, new) in [
        (r#""aud":"https://mcp.example.com/mcp""#, r#""aud":["https://mcp.example.com/mcp"]"#),
        (r#""nbf":2000000000,"#, ""),
        (r#","groups":["analyst"]"#, ""),
        (r#""jti":"t1""#, r#""jti":"t1","scope":"a b","nested":{"deep":[1,2.5,null]}"#),
    ] {
        let claims = CLAIMS.replace(old, new);
        assert_ne!(claims, CLAIMS);
        assert_eq!(code(ask(&authenticator, &SIGNER.token(HEADER, &claims, "ed"))), Ok(()), "{new}");
    }
    for kind in ["AT+JWT", "application/at+jwt"] {
        let header = HEADER.replace("at+jwt", kind);
        assert_eq!(code(ask(&authenticator, &SIGNER.token(&header, CLAIMS, "ed"))), Ok(()), "{kind}");
    }
}

#[test]
fn a_child_is_the_same_principal() {
    let authenticator = authenticator(&ManualClock::at_seconds(NOW));
    let evidence = ask(&authenticator, &SIGNER.token(HEADER, CLAIMS, "ed")).unwrap();
    let child = evidence.child();
    assert_eq!((child.principal(), child.audience()), (evidence.principal(), evidence.audience()));
}

#[test]
fn no_token_is_no_call() {
    let authenticator = authenticator(&ManualClock::at_seconds(NOW));
    let answer = at_once(authenticate(&arrival(None), Audience::Mcp, &authenticator));
    assert_eq!(code(answer), Err(RefusalCode::Unauthenticated));
    assert_eq!(code(ask(&authenticator, "")), Err(RefusalCode::Unauthenticated));
}

#[test]
fn a_token_opens_its_own_plane_only() {
    let authenticator = authenticator(&ManualClock::at_seconds(NOW));
    let admin_claims = CLAIMS.replace(MCP, &format!("{MCP}/admin"));
    let tokens = [
        (Audience::Mcp, SIGNER.token(HEADER, CLAIMS, "ed")),
        (Audience::Admin, SIGNER.token(HEADER, &admin_claims, "ed")),
    ];
    // Twice, so that the second answer comes from the verified tokens.
    for _ in 0..2 {
        for (own, token) in &tokens {
            for asked in [Audience::Mcp, Audience::Admin] {
                let answer = at_once(authenticate(&arrival(Some(token)), asked, &authenticator));
                let expected = if asked == *own { Ok(()) } else { Err(RefusalCode::Unauthenticated) };
                assert_eq!(code(answer), expected, "{own:?} at {asked:?}");
            }
        }
    }
}
