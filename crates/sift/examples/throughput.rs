//! Measures the scanner on this machine: `cargo run --release -p sift --example throughput`.
//!
//! Every number is the median of several runs on text made here.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

use sift::{Context, Scanner, ScannerConfig};

const RUNS: usize = 21;
const LARGE_BYTES: usize = 1024 * 1024;

const PROSE: &str = "The quarterly review went well: the new depot opens in spring, and the team \
    in Lyon expects fewer returns. Please see section 4.2 of the report (page 17) for the \
    details of row 1042, created 2026-03-14 at 09:30.\n";

const PROGRAM: &str = "fn total(rows: &[Row]) -> u64 {\n    rows.iter().map(|row| row.amount_cents \
    * 100 + 7).sum()\n}\n// see crates/ledger/src/totals.rs, commit 9f2c1e7ab4d05c6e8f1a\n";

const PERSONS: &str = "{\"name\": \"Ann Example\", \"email\": \"ann.example@example.com\", \
    \"card\": \"4111 1111 1111 1111\", \"phone\": \"+44 20 7946 0958\", \"ip\": \"10.1.2.3\"}\n";

const CHINESE: &str = "今天天气很好,我们去公园散步。第二季度的报告已经完成,请查看附件。\n";

fn main() -> io::Result<()> {
    let scanner = Scanner::new(ScannerConfig::default()).map_err(io::Error::other)?;
    let mut out = io::stdout().lock();
    for (name, line) in [
        ("prose", PROSE),
        ("program text", PROGRAM),
        ("records, five findings a line", PERSONS),
        ("Chinese", CHINESE),
    ] {
        let text = line.repeat(LARGE_BYTES / line.len());
        let seconds = median(|| scanner.scan(black_box(&text), Context::none()).is_ok())?;
        let megabytes = text.len() as f64 / 1e6;
        writeln!(out, "{name:32} {:8.1} MB/s", megabytes / seconds)?;
    }
    let noise: String = (0..LARGE_BYTES)
        .scan(1_u32, |state, _| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_digit(*state >> 27, 32)
        })
        .collect();
    let seconds = median(|| scanner.scan(black_box(&noise), Context::none()).is_ok())?;
    writeln!(out, "{:32} {:8.1} MB/s", "one run of random letters", noise.len() as f64 / 1e6 / seconds)?;

    let small = format!("{}ann@example.com {} 4111 1111 1111 1111", PROSE.repeat(2), PROSE.repeat(2));
    let small = small.get(..1000).map_or(small.clone(), |head| format!("{head} 4111 1111 1111 1111"));
    let seconds = median(|| {
        (0..1000).all(|_| scanner.scan(black_box(&small), Context::none()).is_ok_and(|f| f.len() == 2))
    })?;
    writeln!(out, "{:32} {:8.2} us", "1 KB with two findings", seconds * 1e3)?;
    let clean = PROSE.repeat(4);
    let seconds = median(|| {
        (0..1000).all(|_| scanner.scan(black_box(&clean), Context::none()).is_ok_and(|f| f.is_empty()))
    })?;
    writeln!(out, "{:32} {:8.2} us", "1 KB without findings", seconds * 1e3)?;
    Ok(())
}

/// Median seconds of `work`, which says whether it did what it should.
fn median(work: impl Fn() -> bool) -> io::Result<f64> {
    let mut seconds = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        if !work() {
            return Err(io::Error::other("the scan did not do what is measured"));
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds.get(RUNS / 2).copied().unwrap_or(f64::NAN))
}
