//! Owns the content of `metrics_db`: how the company's services did, hour by hour.

use super::calendar::{DAYS, FIRST_DAY, moment};
use super::random::Random;
use rusqlite::{Connection, params};

/// A service and its median answer in a quiet hour, milliseconds.
const SERVICES: [(&str, u64); 6] =
    [("catalogue", 14), ("checkout", 42), ("login", 23), ("mail", 95), ("payments", 61), ("search", 30)];
/// The last days of business.
const DAYS_KEPT: u64 = 30;
/// The day, from the first kept one, on which `payments` was ill, and the hours.
const INCIDENT: (u64, std::ops::RangeInclusive<u64>) = (22, 13..=16);
/// Any number.
const SEED: u64 = 0x5ec0_4e5a_11e5_0002;

/// Makes and fills the table.
pub(crate) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE performance_metrics (
            ts TEXT NOT NULL, service TEXT NOT NULL, p50_ms INTEGER NOT NULL, p99_ms INTEGER NOT NULL,
            errors INTEGER NOT NULL, PRIMARY KEY (ts, service)
        ) WITHOUT ROWID;",
    )?;
    let mut random = Random::seeded(SEED);
    let mut insert = connection.prepare("INSERT INTO performance_metrics VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for day in 0..DAYS_KEPT {
        for hour in 0..24 {
            let ts = moment(((FIRST_DAY + DAYS - DAYS_KEPT + day) * 24 + hour) * 3_600);
            for (service, quiet) in SERVICES {
                let ill = service == "payments" && day == INCIDENT.0 && INCIDENT.1.contains(&hour);
                let p50 = quiet * load(hour) / 100 * if ill { 6 } else { 1 } + random.below(quiet / 4 + 1);
                let p99 = p50 * (30 + random.rather_small(40)) / 10;
                let errors =
                    if ill { 120 + random.below(300) } else { random.rather_small(7).saturating_sub(2) };
                insert.execute(params![ts, service, p50, p99, errors])?;
            }
        }
    }
    Ok(())
}

/// Percent of the quiet hour's time, by the hour of the day.
const fn load(hour: u64) -> u64 {
    match hour {
        0..=6 => 100,
        7..=9 | 22..=23 => 125,
        10..=16 => 160,
        _ => 190,
    }
}
