//! Country calling codes (ITU E.164 list) and how many digits follow them.
//!
//! Lengths are those of the national plans in use, wide enough for both fixed and mobile
//! numbers; a plan that is not listed takes six to eleven digits.

/// Calling code, fewest and most digits after it.
struct Plan(&'static str, usize, usize);

const PLANS: [Plan; 51] = [
    Plan("1", 10, 10),
    Plan("7", 10, 10),
    Plan("20", 8, 10),
    Plan("27", 9, 9),
    Plan("30", 10, 10),
    Plan("31", 9, 9),
    Plan("32", 8, 9),
    Plan("33", 9, 9),
    Plan("34", 9, 9),
    Plan("36", 8, 9),
    Plan("39", 6, 11),
    Plan("40", 9, 9),
    Plan("41", 9, 9),
    Plan("43", 7, 12),
    Plan("44", 9, 10),
    Plan("45", 8, 8),
    Plan("46", 7, 9),
    Plan("47", 8, 8),
    Plan("48", 9, 9),
    Plan("49", 7, 12),
    Plan("51", 8, 9),
    Plan("52", 10, 11),
    Plan("53", 8, 8),
    Plan("54", 10, 11),
    Plan("55", 10, 11),
    Plan("56", 9, 9),
    Plan("57", 8, 10),
    Plan("58", 10, 10),
    Plan("60", 8, 10),
    Plan("61", 9, 9),
    Plan("62", 8, 12),
    Plan("63", 8, 10),
    Plan("64", 8, 10),
    Plan("65", 8, 8),
    Plan("66", 8, 9),
    Plan("81", 9, 10),
    Plan("82", 8, 11),
    Plan("84", 9, 10),
    Plan("86", 9, 11),
    Plan("90", 10, 10),
    Plan("91", 10, 10),
    Plan("92", 9, 10),
    Plan("93", 9, 9),
    Plan("94", 9, 9),
    Plan("95", 7, 10),
    Plan("98", 10, 10),
    Plan("353", 7, 9),
    Plan("358", 6, 11),
    Plan("420", 9, 9),
    Plan("852", 8, 8),
    Plan("972", 8, 9),
];

/// First digits of the three-digit codes and the last digits they run over.
const THREE_DIGIT_ZONES: [(&str, u8, u8); 22] = [
    ("21", b'1', b'8'),
    ("22", b'0', b'9'),
    ("23", b'0', b'9'),
    ("24", b'0', b'9'),
    ("25", b'0', b'8'),
    ("26", b'0', b'9'),
    ("29", b'0', b'9'),
    ("35", b'0', b'9'),
    ("37", b'0', b'9'),
    ("38", b'0', b'9'),
    ("42", b'0', b'3'),
    ("50", b'0', b'9'),
    ("59", b'0', b'9'),
    ("67", b'0', b'9'),
    ("68", b'0', b'9'),
    ("69", b'0', b'2'),
    ("80", b'0', b'0'),
    ("85", b'0', b'6'),
    ("87", b'0', b'8'),
    ("88", b'0', b'6'),
    ("96", b'0', b'8'),
    ("97", b'0', b'9'),
];

/// Whether `digits`, a calling code and what follows it, has a length that the country's
/// plan knows.
pub(crate) fn is_possible(digits: &str) -> bool {
    for Plan(code, fewest, most) in &PLANS {
        if let Some(number) = digits.strip_prefix(code) {
            // Only Italy dials its trunk zero from abroad; North American forms are
            // written with all sorts of invented area codes.
            let plausible = matches!(*code, "1" | "39") || !number.starts_with('0');
            return plausible && (*fewest..=*most).contains(&number.len());
        }
    }
    THREE_DIGIT_ZONES.iter().any(|(zone, first, last)| {
        digits.strip_prefix(zone).is_some_and(|rest| {
            let code = rest.bytes().next();
            code.is_some_and(|digit| (*first..=*last).contains(&digit)) && (7..=12).contains(&rest.len())
        })
    })
}
