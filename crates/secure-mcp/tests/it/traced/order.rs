//! The order that holds for every call: its records on disk, then what they are about.

use super::trace::Event;

const SYNCS: [&str; 3] = ["fsync", "fdatasync", "sync_file_range"];
const READS: [&str; 3] = ["recvfrom", "recvmsg", "read"];
const WRITES: [&str; 6] = ["sendto", "sendmsg", "write", "writev", "pwrite64", "pwritev"];
const STARTS: [&str; 2] = ["execve", "execveat"];

/// One call as its caller knows it.
pub struct Asked<'a> {
    /// A text that stands in its request's head and in no other's.
    pub request: &'a str,
    /// The call's id, from the reply.
    pub call: &'a str,
    /// The names of its records, in their order.
    pub records: &'a [&'a str],
    /// The program that the call starts, if it has an effect.
    pub program: Option<&'a str>,
}

/// What was found, for the one who reads the test's output: lines of the trace.
#[derive(Debug, PartialEq)]
pub struct Order {
    /// Request read, first effect, reply.
    pub request: usize,
    /// For each record: written, sync came back.
    pub records: Vec<(usize, usize)>,
    /// The first program that was started.
    pub effect: Option<usize>,
    /// The first byte of the reply.
    pub reply: usize,
}

/// Proves from `events` that each record of the call was on disk before what it comes before.
pub fn prove(events: &[Event], asked: &Asked<'_>) -> Result<Order, String> {
    let is = |names: &[&str], event: &&Event| names.contains(&event.name.as_str());
    let received = events
        .iter()
        .find(|event| {
            is(&READS, event) && event.arguments.contains(asked.request) && event.arguments.contains("POST")
        })
        .ok_or("the request was not read")?;
    let reply = events
        .iter()
        .find(|event| {
            is(&WRITES, event) && event.began > received.ended && event.descriptor() == received.descriptor()
        })
        .ok_or("nothing was written to the client's socket")?;

    let written: Vec<&Event> = events
        .iter()
        .filter(|event| is(&WRITES, event) && event.descriptor().contains(".seg>"))
        .filter(|event| event.arguments.contains(asked.call))
        .collect();
    let name = |event: &Event| {
        let after = event.arguments.split(r#"\"activity_name\":\""#).nth(1).unwrap_or_default();
        after.split('\\').next().unwrap_or_default().to_owned()
    };
    let names: Vec<String> = written.iter().map(|event| name(event)).collect();
    if names != asked.records {
        return Err(format!("the records are {names:?}, not {:?}", asked.records));
    }
    let mut records = Vec::new();
    for (event, name) in written.iter().zip(&names) {
        let sync = events.iter().find(|sync| {
            is(&SYNCS, sync) && sync.began > event.ended && sync.descriptor() == event.descriptor()
        });
        let sync = sync.filter(|sync| sync.succeeded).ok_or(format!("the {name} was not synced"))?;
        records.push((event.ended, sync.ended));
    }

    let started: Vec<&Event> = events
        .iter()
        .filter(|event| is(&STARTS, event) && event.began > received.ended && event.began < reply.began)
        .collect();
    match (asked.program, started.first()) {
        (None, Some(event)) => return Err(format!("a refused call started {}", event.arguments)),
        (Some(program), _) if !started.iter().any(|event| is_start_of(event, program)) => {
            return Err(format!("{program} was not started between request and reply"));
        }
        _ => {}
    }
    if let (Some(effect), Some((_, synced))) = (started.first(), records.first())
        && effect.began <= *synced
    {
        return Err(format!("line {}: the effect began before the {} was on disk", effect.began, names[0]));
    }
    match records.last() {
        Some((_, synced)) if reply.began > *synced => {}
        _ => return Err(format!("line {}: the reply began before the last record was on disk", reply.began)),
    }
    Ok(Order {
        request: received.ended,
        records,
        effect: started.first().map(|event| event.began),
        reply: reply.began,
    })
}

/// An ordinary user's `strace` may not read the memory of what is in a sandbox: it shows the place of
/// the name. The sandbox's own start, before it goes in, has its name.
fn is_start_of(event: &Event, program: &str) -> bool {
    event.arguments.contains(program) || event.arguments.starts_with("0x")
}
