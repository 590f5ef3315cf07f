//! What is printed: tables that can be pasted into a Markdown page.

use crate::decisions;
use crate::load::Sample;
use crate::rounds::{ECHO, HOP, IN_MEMORY, PRODUCT, RMCP, RMCP_JSON, Series};
use crate::run::Findings;
use crate::statistics::median;
use std::fmt::Write as _;

/// Processor time of a governed call at 64 connections. Microseconds.
const MAX_CPU_US: f64 = 200.0;
const CPU_CONNECTIONS: u32 = 64;
/// Memory of an idle WebSocket, plain and over TLS. KiB.
const MAX_PLAIN_KIB: f64 = 18.0;
const MAX_TLS_KIB: f64 = 48.0;
/// A start. Milliseconds.
const MAX_START_MS: f64 = 100.0;
/// One decision at 500 roles and 5,000 grants. Microseconds.
const MAX_DECISION_US: f64 = 60.0;
/// A list of 1,000 tools that was asked for before. Milliseconds.
const MAX_LIST_MS: f64 = 5.0;
/// Memory at rest. MiB.
const MAX_IDLE_MIB: f64 = 40.0;

/// The whole report.
pub fn text(findings: &Findings) -> String {
    let mut out = String::new();
    // Writing into a text does not fail.
    let _infallible = write_all(&mut out, findings);
    out
}

fn write_all(out: &mut String, findings: &Findings) -> std::fmt::Result {
    environment(out, findings)?;
    calls(out, findings)?;
    ratios(out, findings)?;
    disk_waits(out, findings)?;
    writeln!(out, "{}\n", decisions::line(&findings.decisions))?;
    at_rest(out, findings)?;
    goals(out, findings)?;
    proof(out, findings)?;
    errors(out, findings)
}

fn environment(out: &mut String, findings: &Findings) -> std::fmt::Result {
    let about = &findings.environment;
    writeln!(out, "{}, profile {}, {}", about.at, about.profile, about.binary)?;
    writeln!(
        out,
        "{}, {} MiB, Linux {}, load {}",
        about.processor, about.memory_mib, about.kernel, about.load_average
    )?;
    writeln!(out, "log on {}, in memory on {}", about.disk, about.memory)?;
    let others = || samples(findings).map(|sample| 100.0 * sample.others_share);
    let worst = others().fold(0.0, f64::max);
    writeln!(out, "processor time of others: median {:.0} %, at most {worst:.0} %", median(others()))?;
    writeln!(
        out,
        "policy: {} roles and {} rules above the repository's own\n",
        findings.roles, findings.rules
    )
}

fn samples(findings: &Findings) -> impl Iterator<Item = &Sample> {
    findings.series.iter().flat_map(|series| &series.samples)
}

fn calls(out: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(
        out,
        "| row | connections | calls/s | p50 ms | p99 ms | server CPU µs/call | client CPU µs/call | records/s | syncs/s | calls/sync | others % | errors |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|---|---|")?;
    for series in &findings.series {
        let of = |value: fn(&Sample) -> f64| median(series.samples.iter().map(value));
        let logged = |value: fn(&Sample) -> Option<f64>| {
            let known: Option<Vec<f64>> = series.samples.iter().map(value).collect();
            known.map_or_else(|| "–".to_owned(), |known| thousands(median(known)))
        };
        writeln!(
            out,
            "| {} | {} | {} | {:.3} | {:.2} | {:.1} | {:.1} | {} | {} | {} | {:.0} | {} |",
            series.name,
            series.connections,
            thousands(of(calls_per_second)),
            of(|sample| sample.p50_ms),
            of(|sample| sample.p99_ms),
            of(|sample| sample.cpu_us),
            of(|sample| sample.client_cpu_us),
            logged(|sample| sample.records.map(|(first, last)| per_second(sample, last + 1 - first))),
            logged(|sample| sample.syncs.map(|syncs| per_second(sample, syncs))),
            logged(|sample| sample.syncs.map(|syncs| sample.calls as f64 / syncs.max(1) as f64)),
            100.0 * of(|sample| sample.others_share),
            series.samples.iter().map(|sample| sample.errors).sum::<u64>(),
        )?;
    }
    writeln!(out)
}

fn calls_per_second(sample: &Sample) -> f64 {
    per_second(sample, sample.calls)
}

fn per_second(sample: &Sample, count: u64) -> f64 {
    if sample.seconds > 0.0 { count as f64 / sample.seconds } else { 0.0 }
}

fn find<'a>(findings: &'a Findings, name: &str, connections: u32) -> Option<&'a Series> {
    findings.series.iter().find(|series| series.name == name && series.connections == connections)
}

/// The median over the rounds of the ratio within a round.
fn ratio(findings: &Findings, of: &Series, to: &str, value: fn(&Sample) -> f64) -> Option<f64> {
    let to = find(findings, to, of.connections)?;
    let pairs = of.samples.iter().zip(&to.samples).filter(|(_, other)| value(other) > 0.0);
    let ratios: Vec<f64> = pairs.map(|(one, other)| value(one) / value(other)).collect();
    (!ratios.is_empty()).then(|| median(ratios))
}

fn ratios(out: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(out, "| {PRODUCT}, in multiples of | connections | server CPU | p50 | p99 | calls/s |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for of in findings.series.iter().filter(|series| series.name == PRODUCT) {
        for to in [ECHO, HOP, RMCP, RMCP_JSON] {
            let times = |value| {
                ratio(findings, of, to, value).map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
            };
            writeln!(
                out,
                "| {to} | {} | {} | {} | {} | {} |",
                of.connections,
                times(|sample| sample.cpu_us),
                times(|sample| sample.p50_ms),
                times(|sample| sample.p99_ms),
                times(calls_per_second),
            )?;
        }
    }
    writeln!(out)
}

fn disk_waits(out: &mut String, findings: &Findings) -> std::fmt::Result {
    for on_disk in findings.series.iter().filter(|series| series.name == PRODUCT) {
        let Some(in_memory) = find(findings, IN_MEMORY, on_disk.connections) else { continue };
        let of = |series: &Series, value: fn(&Sample) -> f64| median(series.samples.iter().map(value));
        let more = |value| of(on_disk, value) - of(in_memory, value);
        writeln!(
            out,
            "waiting for the disk, {} connections: p50 {:+.3} ms, p99 {:+.2} ms",
            on_disk.connections,
            more(|sample| sample.p50_ms),
            more(|sample| sample.p99_ms),
        )?;
    }
    writeln!(out)
}

fn at_rest(out: &mut String, findings: &Findings) -> std::fmt::Result {
    for start in &findings.start_ups {
        writeln!(
            out,
            "start until ready, with {}: {:.0} ms the first time, {:.0} ms later ({:.0} ms of the server's own \
             processor time); {:.1} MiB at rest",
            start.policy,
            start.first_ms,
            start.again_ms,
            start.cpu_ms,
            mib(start.idle_kib),
        )?;
    }
    for idle in &findings.idle {
        writeln!(
            out,
            "{} idle WebSockets{}: {:.1} KiB each, {:.1} KiB after a call on each; opened in {:.1} s; {:.1} MiB before",
            idle.sockets,
            if idle.tls { " over TLS" } else { "" },
            idle.each_kib,
            idle.each_after_call_kib,
            idle.opening_seconds,
            mib(idle.before_kib),
        )?;
    }
    writeln!(out)
}

fn goals(out: &mut String, findings: &Findings) -> std::fmt::Result {
    let mut goal = |what: &str, seen: Option<f64>, most: f64, unit: &str| match seen {
        Some(seen) => {
            let word = if seen <= most { "met" } else { "MISSED" };
            writeln!(out, "{word}: {what} {seen:.1} {unit}, at most {most:.0}")
        }
        None => writeln!(out, "not measured: {what}"),
    };
    let product = find(findings, PRODUCT, CPU_CONNECTIONS);
    let cpu_us = product.map(|series| median(series.samples.iter().map(|sample| sample.cpu_us)));
    goal("governed call at 64 connections, server CPU", cpu_us, MAX_CPU_US, "µs")?;
    for (tls, most) in [(false, MAX_PLAIN_KIB), (true, MAX_TLS_KIB)] {
        let seen = findings.idle.iter().find(|idle| idle.tls == tls).map(|idle| idle.each_kib);
        let what = if tls { "idle WebSocket over TLS" } else { "idle WebSocket" };
        goal(what, seen, most, "KiB")?;
    }
    let decided = &findings.decisions;
    goal(
        "decision at 500 roles and 5,000 grants, p50",
        Some(decided.decision_p50_us),
        MAX_DECISION_US,
        "µs",
    )?;
    goal("list of 1,000 tools from memory, p50", Some(decided.list_p50_us / 1e3), MAX_LIST_MS, "ms")?;
    for start in &findings.start_ups {
        goal(&format!("start with {}", start.policy), Some(start.again_ms), MAX_START_MS, "ms")?;
        goal(
            &format!("memory at rest with {}", start.policy),
            Some(mib(start.idle_kib)),
            MAX_IDLE_MIB,
            "MiB",
        )?;
    }
    writeln!(out)
}

fn proof(out: &mut String, findings: &Findings) -> std::fmt::Result {
    let Some((row, proof)) = findings.proofs.first_key_value() else { return Ok(()) };
    writeln!(
        out,
        "one reply of `{row}`: call {}, {}, receipt {}",
        proof.call_id, proof.decision, proof.receipt
    )?;
    for spoken in &proof.controls {
        let verdict = serde_json::to_string(&spoken.verdict).unwrap_or_default();
        let detail = spoken.detail.as_deref().unwrap_or_default();
        writeln!(
            out,
            "  {:<24}{:<17}{}  {detail}",
            spoken.name.name(),
            verdict.trim_matches('"'),
            spoken.version
        )?;
    }
    writeln!(out, "  {}", proof.text)
}

fn errors(out: &mut String, findings: &Findings) -> std::fmt::Result {
    for series in &findings.series {
        for sample in series.samples.iter().filter(|sample| sample.errors > 0) {
            let what = sample.first_error.as_deref().unwrap_or_default();
            writeln!(
                out,
                "ERRORS: {}, {} connections, round {}: {}, the first: {what}",
                series.name, series.connections, sample.round, sample.errors
            )?;
        }
    }
    Ok(())
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// A number in groups of three digits; small ones keep a digit after the point.
fn thousands(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn numbers_are_grouped() {
        let shown: Vec<String> = [7.31, 100.0, 1234.4, 1_234_567.0].into_iter().map(thousands).collect();
        assert_eq!(shown, ["7.3", "100", "1,234", "1,234,567"]);
    }
}
