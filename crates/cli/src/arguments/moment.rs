//! A moment as people type it: a time with its offset, a day, or so long ago.

use domain::{Clock as _, SystemClock, UnixMillis};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

const WANTED: &str =
    "write a moment (2030-01-31T08:00:00Z), a day (2030-01-31), or a number and s, m, h or d";

/// The moment that the text means. A day begins at midnight UTC.
pub(super) fn parse(text: &str) -> Result<UnixMillis, &'static str> {
    let moment = ago(text, SystemClock.now()).or_else(|| written(text));
    moment.ok_or(WANTED)
}

fn written(text: &str) -> Option<UnixMillis> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    let moment = text.parse::<Timestamp>().ok().or_else(day)?;
    u64::try_from(moment.as_millisecond()).ok().map(UnixMillis)
}

fn ago(text: &str, now: UnixMillis) -> Option<UnixMillis> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms: u64 = match unit {
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return None,
    };
    let back = number.parse::<u64>().ok()?.checked_mul(unit_ms)?;
    now.0.checked_sub(back).map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use super::{UnixMillis, ago, written};

    #[test]
    fn moments_days_and_times_back_are_read() {
        let now = UnixMillis(1_795_000_000_000);
        assert_eq!(ago("90s", now), Some(UnixMillis(now.0 - 90_000)));
        assert_eq!(ago("7d", now), Some(UnixMillis(now.0 - 7 * 86_400_000)));
        assert_eq!(written("2026-11-24T00:00:00Z"), Some(UnixMillis(1_795_478_400_000)));
        assert_eq!(written("2026-11-24T02:00:00+02:00"), Some(UnixMillis(1_795_478_400_000)));
        assert_eq!(written("2026-11-24"), Some(UnixMillis(1_795_478_400_000)));
        for other in ["", "s", "-1s", "99999999999999999999d", "yesterday", "24.11.2026", "2h "] {
            assert!(ago(other, now).is_none() && written(other).is_none(), "{other}");
        }
    }
}
