//! The table of attacks: each is refused or harmless, judged by what came out and what changed.

use super::world::{CANARY, ONE, World, shown};
use domain::RefusalCode;

const ATTACKS: &str = include_str!("../../tests/data/attacks.tsv");

/// Whether `text` holds one of our names of chance.
fn shows_a_secret_name(text: &str) -> bool {
    let signs: Vec<char> = text.chars().collect();
    signs.windows(33).any(|window| window[0] == '_' && window[1..].iter().all(char::is_ascii_hexdigit))
}

#[test]
fn every_attack_is_refused_or_harmless() {
    let world = World::new(ONE);
    let before = world.state();
    let directory = world.file.parent().unwrap().to_str().unwrap();
    let mut wrong = Vec::new();
    let mut passed = 0;
    for line in ATTACKS.lines().filter(|line| !line.starts_with('#')) {
        let [expected, class, statement] = line.splitn(3, '\t').collect::<Vec<_>>()[..] else {
            panic!("a line without three fields: {line}");
        };
        let sql = statement.replace("\\n", "\n").replace("\\0", "\0").replace("{DIR}", directory);
        let outcome = world.ask(&sql);
        let text = shown(&outcome);
        // The caller's own words may come back in a hint: they are no leak.
        let text = text.replace("zanz'", "");
        let leaks = text.contains(CANARY) || text.contains("7777") || shows_a_secret_name(&text);
        let refused = match &outcome {
            Err(refusal) => refusal.code() != RefusalCode::Internal,
            Ok(_) => expected == "harmless",
        };
        let harmless = expected != "harmless" || outcome.is_ok();
        if leaks || !refused || !harmless {
            wrong.push(format!("{class}: {sql:.200}\n    {text:.300}"));
        }
        if world.state() != before {
            wrong.push(format!("CHANGED by {class}: {sql:.200}"));
            break;
        }
        passed += 1;
    }
    println!("{passed} attacks, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(passed >= 60);
}
