//! Owns the invented people.

use super::calendar::date_since_1900;
use super::countries::{Country, MARKETS};
use super::numbers::registry_number;
use super::random::Random;

/// Days from 1900-01-01 to 1936-01-01 and to 2008-01-01: between them everybody was born.
const BORN: (u64, u64) = (13_148, 39_446);
/// Domains that no one can own. RFC 2606 §3.
const MAIL_DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];

/// A customer.
pub(crate) struct Person {
    pub(crate) country: Country,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) birth_date: String,
    pub(crate) national_id: String,
    pub(crate) city: &'static str,
}

/// The person with the number `id`, which keeps the mail address apart from those of namesakes.
pub(crate) fn person(id: u64, random: &mut Random) -> Person {
    let country = random.one_of(&MARKETS);
    let (given, family) = (random.one_of(country.given), random.one_of(country.family));
    let mailbox = format!("{}.{}{id}", plain(given), plain(family));
    Person {
        name: format!("{given} {family}"),
        email: format!("{mailbox}@{}", random.one_of(&MAIL_DOMAINS)),
        phone: country.phone(random),
        birth_date: date_since_1900((random.between(BORN.0, BORN.1) + random.between(BORN.0, BORN.1)) / 2),
        national_id: registry_number(random),
        city: random.one_of(country.cities),
        country,
    }
}

/// A name of somebody who works for the company.
pub(crate) fn employee(random: &mut Random) -> String {
    let country = random.one_of(&MARKETS);
    format!("{} {}", random.one_of(country.given), random.one_of(country.family))
}

/// The letters of a name as a mail address has them: small, without accents, blanks and marks.
fn plain(name: &str) -> String {
    let mut text = String::new();
    for sign in name.chars().flat_map(char::to_lowercase) {
        match sign {
            'a'..='z' => text.push(sign),
            'ä' => text.push_str("ae"),
            'ö' => text.push_str("oe"),
            'ü' => text.push_str("ue"),
            'ß' => text.push_str("ss"),
            'á' | 'à' | 'â' | 'å' | 'ầ' => text.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'ễ' => text.push('e'),
            'í' | 'ï' | 'ı' => text.push('i'),
            'ó' | 'ô' => text.push('o'),
            'ú' | 'û' | 'ù' => text.push('u'),
            'ç' => text.push('c'),
            'ñ' => text.push('n'),
            'ÿ' => text.push('y'),
            _ => {}
        }
    }
    text
}
