//! Open files: each connection needs one, and the log must never be short of one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What connections never get. 64 sandboxes with six pipes and sockets each, 64 connections of the
/// admin plane, and some dozens for the log, the state, the databases and the runtime.
const RESERVED_FILES: u64 = 512;

/// How many files a server started here may open, and how many of `wanted` connections that leaves
/// room for.
pub(crate) fn files_and_room(wanted: usize) -> (u64, usize) {
    let hard = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    (hard, connections(hard, wanted))
}

/// How many of `wanted` connections fit; the soft limit is raised for them as far as the hard one allows.
pub(crate) fn room_for(wanted: usize) -> usize {
    let needed = RESERVED_FILES.saturating_add(wanted as u64);
    let limit = getrlimit(Resource::Nofile);
    let (soft, hard) = (limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX));
    let raised = needed.min(hard);
    let is_raised = soft < raised
        && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum }).is_ok();
    connections(if is_raised { raised } else { soft }, wanted)
}

/// Of few files, half are kept.
fn connections(files: u64, wanted: usize) -> usize {
    let kept = RESERVED_FILES.min(files / 2);
    usize::try_from(files.saturating_sub(kept)).map_or(wanted, |room| room.min(wanted))
}

#[cfg(test)]
mod tests {
    use super::{connections, room_for};
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn what_is_reserved_is_not_given_to_connections() {
        for (files, room) in [
            (u64::MAX, 16_384),
            (16_896, 16_384),
            (16_895, 16_383),
            (4096, 3584),
            (1024, 512),
            (600, 300),
            (0, 0),
        ] {
            assert_eq!(connections(files, 16_384), room, "{files}");
        }
    }

    #[test]
    fn the_soft_limit_is_raised_as_far_as_it_is_needed_and_allowed() {
        let limit = getrlimit(Resource::Nofile);
        let (before, hard) = (limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX));
        let wanted = 2048;
        let room = room_for(wanted);
        let after = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        assert_eq!(after, before.max(hard.min(2048 + 512)), "the limit was lowered, or raised too far");
        assert_eq!(room, connections(after, wanted));
    }
}
