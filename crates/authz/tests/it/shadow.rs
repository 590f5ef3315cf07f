//! A second policy beside the one in force holds nobody up.

use crate::house;
use crate::office::Office;
use authz::{Basis, Ends, Policy, PolicyInForce, Read, Shadow};
use manifest::{AttributeValue, Attributes};
use std::sync::Arc;
use std::time::{Duration, Instant};

const DECISIONS: u64 = 20_000;

fn run(at: u64) -> Basis {
    let timeout = i64::try_from(at).expect("a number");
    let attributes = Attributes::from([
        ("network".to_owned(), AttributeValue::Bool(false)),
        ("timeout_ms".to_owned(), AttributeValue::Long(timeout)),
    ]);
    Basis { read: Read::Arguments, ends: Ends::Allow, resource: None, attributes }
}

#[test]
fn a_shadow_that_is_too_slow_counts_what_it_misses_and_holds_nobody_up() {
    let tools = house::tools();
    let policy = Arc::new(Policy::load(&house::files(), &tools).expect("the policy"));
    let in_force = PolicyInForce::new(Arc::clone(&policy));
    let dev = Office::open().caller("dev");
    let tool = "python-runner".parse().expect("a name");
    // Without a shadow nothing happens.
    in_force.tell(&dev, &tool, &run(0));
    assert!(in_force.shadow().is_none());
    let shadow = Arc::new(Shadow::start(policy).expect("a thread"));
    assert!(in_force.cast_shadow(Some(shadow)).is_none());
    // No two questions are alike, so each is decided anew: far slower than telling.
    (0..DECISIONS).for_each(|at| in_force.tell(&dev, &tool, &run(at)));
    let shadow = in_force.shadow().expect("a shadow");
    let started = Instant::now();
    let report = loop {
        let report = shadow.report();
        if report.found.counts.decisions + report.dropped == DECISIONS {
            break report;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "{report:?}");
        std::thread::yield_now();
    };
    println!("{} asked, {} not told", report.found.counts.decisions, report.dropped);
    assert!(report.dropped > 0 && report.found.counts.decisions >= 4_096, "{report:?}");
    // Longer than ten seconds waits for approval; what was told first is in there, the end may not be.
    assert_eq!(report.found.counts.unknown, 0);
    assert_eq!(report.found.counts.same + report.found.counts.lost, report.found.counts.decisions);
    assert!(in_force.cast_shadow(None).is_some() && in_force.shadow().is_none());
}
