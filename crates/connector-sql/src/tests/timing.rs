//! tmp
use super::world::{ONE, World, arguments_of};
use manifest::Prepare as _;
use serde_json::json;
use std::time::{Duration, Instant};
#[test]
fn timing() {
    let world = World::new(ONE);
    for sql in [
        "SELECT count(*) FROM orders WHERE status = 'pending'",
        "SELECT name, email, phone, birth_date FROM customers LIMIT 20",
        "SELECT c.city, count(*), sum(o.total_cents) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY 1 ORDER BY 2 DESC",
    ] {
        let arguments = arguments_of(json!({"resource":"shop","sql":sql}));
        let mut best = (Duration::MAX, Duration::MAX, Duration::MAX);
        for _ in 0..5 {
            let n = 300;
            let start = Instant::now();
            for _ in 0..n {
                world.tool.prepare(&arguments, &world.view).unwrap();
            }
            let prepare = start.elapsed() / n;
            let plan = world.tool.prepare(&arguments, &world.view).unwrap();
            let start = Instant::now();
            for _ in 0..n {
                world.runtime.block_on(world.run(&plan, Duration::from_secs(5))).unwrap();
            }
            let run = start.elapsed() / n;
            let start = Instant::now();
            for _ in 0..50 {
                let w = World::reopen(&world);
                w.prepare(&arguments, &world.view).unwrap();
            }
            let cold = start.elapsed() / 50;
            best = (best.0.min(prepare), best.1.min(run), best.2.min(cold));
        }
        println!("prepare {:?} run {:?} cold source+prepare {:?}  {sql}", best.0, best.1, best.2);
    }
}
