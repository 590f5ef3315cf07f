//! Owns dates as text, from a count of days or seconds.

/// Days from 1970-01-01 to 2026-01-01, the company's first day of business.
pub(crate) const FIRST_DAY: u64 = 20_454;
/// Days of business in the sample: to the end of October 2026.
pub(crate) const DAYS: u64 = 304;

/// `YYYY-MM-DD` of the day `days` after 1970-01-01.
pub(crate) fn date(days: u64) -> String {
    gregorian(days + 719_468)
}

/// `YYYY-MM-DD` of the day `days` after 1900-01-01.
pub(crate) fn date_since_1900(days: u64) -> String {
    gregorian(days + 693_901)
}

/// The date of a day counted from 0000-03-01, so that the leap day is the last of its year; 400 years
/// have 146,097 days.
fn gregorian(shifted: u64) -> String {
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `YYYY-MM-DDTHH:MM:SSZ` of the second `seconds` after 1970-01-01T00:00:00Z.
pub(crate) fn moment(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    format!("{}T{:02}:{:02}:{:02}Z", date(days), rest / 3_600, rest % 3_600 / 60, rest % 60)
}
