//! The table of attacks on tokens: `attacks.toml`, one row a case.

use crate::signer::SIGNER;
use crate::token_cases::cases;
use crate::world::{CLAIMS, HEADER, ManualClock, NOW, ask, authenticator};

#[test]
fn every_attack_is_refused_for_its_own_reason() {
    let table = cases();
    let mut wrong = Vec::new();
    for case in &table {
        let authenticator = authenticator(&ManualClock::at_seconds(NOW));
        let good = SIGNER.token(HEADER, CLAIMS, "ed");
        assert!(ask(&authenticator, &good).is_ok(), "the benign twin is accepted");
        match ask(&authenticator, &case.token(NOW)) {
            Ok(_) => wrong.push(format!("{}: accepted", case.name)),
            Err(refusal) => {
                let found = (refusal.code().name(), refusal.internal());
                if found.0 != case.refusal || !found.1.contains(&case.because) {
                    wrong.push(format!("{}: {found:?}", case.name));
                }
                let shown = format!("{} {}", refusal.public(), refusal.internal());
                assert!(!shown.contains("evil") && !shown.contains("eyJ"), "{}: {shown}", case.name);
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    println!("token attacks: {} passed", table.len());
}
