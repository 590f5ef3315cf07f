//! Owns where the company's customers live: names, cities, telephone ranges and bank accounts per country.

use super::numbers::iban;
use super::random::Random;

/// One country.
#[derive(Clone, Copy, Default)]
pub(crate) struct Country {
    pub(crate) given: &'static [&'static str],
    pub(crate) family: &'static [&'static str],
    pub(crate) cities: &'static [&'static str],
    /// Telephone ranges that the country's regulator keeps for fiction, `#` for a free digit.
    phones: &'static [&'static str],
    /// Country code and account without check digits, `#` for a free digit; `None` without IBAN.
    account: Option<(&'static str, &'static str)>,
}

impl Country {
    pub(crate) fn phone(&self, random: &mut Random) -> String {
        let range = random.one_of(self.phones);
        filled(range, random)
    }

    pub(crate) fn iban(&self, random: &mut Random) -> Option<String> {
        self.account.map(|(code, account)| iban(code, &filled(account, random)))
    }
}

fn filled(pattern: &str, random: &mut Random) -> String {
    pattern
        .chars()
        .map(
            |sign| {
                if sign == '#' { char::from_digit(random.below(10) as u32, 10).unwrap_or('0') } else { sign }
            },
        )
        .collect()
}

/// The company's markets, the bigger ones more than once.
pub(crate) const MARKETS: [Country; 9] =
    [GERMANY, GERMANY, FRANCE, FRANCE, BRITAIN, BRITAIN, IRELAND, SWEDEN, AMERICA];

const GERMANY: Country = Country {
    given: &[
        "Anna", "Björn", "Jürgen", "Käthe", "Lukas", "Marlene", "Sören", "Ulrike", "Änne", "Felix", "Greta",
        "Heiko", "Ines", "Jonas", "Yıldız", "Emre",
    ],
    family: &[
        "Müller",
        "Weiß",
        "Schröder",
        "Groß",
        "Köhler",
        "Bäcker",
        "Vogel",
        "Lüdtke",
        "Krämer",
        "Yılmaz",
        "von der Heyde",
        "Schäfer",
        "Böhm",
        "Hartmann",
        "Jäger",
        "Nowak",
    ],
    cities: &[
        "Berlin",
        "Köln",
        "München",
        "Düsseldorf",
        "Lübeck",
        "Görlitz",
        "Nürnberg",
        "Frankfurt am Main",
    ],
    phones: &["+49 30 23125 ###", "+49 69 90009 ###", "+49 40 66969 ###", "+49 89 99998 ###"],
    account: Some(("DE", "00010000##########")),
};

const FRANCE: Country = Country {
    given: &[
        "Élodie",
        "Chloé",
        "François",
        "Gaëlle",
        "Hélène",
        "Jérôme",
        "Léa",
        "Noémie",
        "Théo",
        "Zoé",
        "Maël",
        "Inès",
        "Côme",
        "Aïcha",
        "Rémi",
        "Lucie",
    ],
    family: &[
        "D'Aubigné",
        "Lefèvre",
        "L'Hermite",
        "Bénard",
        "Garnier",
        "Rousseau",
        "Fontaine",
        "Guérin",
        "Colas",
        "Brûlé",
        "Dupré",
        "N'Diaye",
        "Châtelain",
        "Morel",
        "Pâris",
        "Géraud",
    ],
    cities: &["Saint-Étienne", "Orléans", "Nîmes", "Besançon", "L'Haÿ-les-Roses", "Mâcon", "Lyon", "Sète"],
    phones: &["+33 1 99 00 ## ##", "+33 2 61 91 ## ##", "+33 4 65 71 ## ##", "+33 6 39 98 ## ##"],
    account: Some(("FR", "0000000001###########00")),
};

const BRITAIN: Country = Country {
    given: &[
        "Aisha", "Callum", "Dafydd", "Eleanor", "Freya", "Gareth", "Harriet", "Imran", "Jade", "Kwame",
        "Lowri", "Morag", "Nisha", "Oliver", "Priya", "Zoë",
    ],
    family: &[
        "O'Hara",
        "Ashworth",
        "Brontë",
        "Campbell",
        "D'Souza",
        "Fairweather",
        "Gough",
        "Hussain",
        "Llewellyn",
        "MacLeod",
        "Okafor",
        "Patel",
        "Smythe-Jones",
        "Thistlewood",
        "Whitcombe",
        "Young",
    ],
    cities: &[
        "London",
        "King's Lynn",
        "Cardiff",
        "St Andrews",
        "Leeds",
        "Bishop's Stortford",
        "Belfast",
        "Bath",
    ],
    phones: &["+44 20 7946 0###", "+44 113 496 0###", "+44 29 2018 0###", "+44 7700 900###"],
    account: Some(("GB", "TEST000000########")),
};

const IRELAND: Country = Country {
    given: &[
        "Aoife", "Ciarán", "Dáire", "Éabha", "Fiadh", "Gráinne", "Niamh", "Oisín", "Páidí", "Róisín", "Seán",
        "Siobhán", "Tadhg", "Úna", "Máire", "Eoin",
    ],
    family: &[
        "O'Brien",
        "Ó Conaill",
        "Ní Dhomhnaill",
        "Murphy",
        "O'Shea",
        "Gallagher",
        "Mac Giolla",
        "Byrne",
        "O'Sullivan",
        "Kavanagh",
        "Ó Súilleabháin",
        "Nolan",
    ],
    cities: &["Dún Laoghaire", "Galway", "Cork", "Sligo", "Dublin", "An Daingean"],
    phones: &["+353 20 91# ####"],
    account: Some(("IE", "TEST000000########")),
};

const SWEDEN: Country = Country {
    given: &[
        "Åsa", "Örjan", "Björn", "Märta", "Göran", "Elin", "Håkan", "Ida", "Linnéa", "Nils", "Sigrid",
        "Tindra",
    ],
    family: &[
        "Åkesson",
        "Öberg",
        "Sjöström",
        "Lindqvist",
        "Bergström",
        "Hägg",
        "Nyström",
        "Älvås",
        "Dahl",
        "Wennerström",
    ],
    cities: &["Göteborg", "Malmö", "Umeå", "Jönköping", "Älmhult", "Stockholm"],
    phones: &["+46 31 390 06 ##", "+46 40 628 04 ##", "+46 8 465 004 ##"],
    account: Some(("SE", "000#################")),
};

const AMERICA: Country = Country {
    given: &[
        "José", "María", "Tyrone", "Ashley", "Nguyễn", "Sofía", "Wei", "Hannah", "Diego", "Keisha", "Logan",
        "Renée", "Andre", "Beth", "Noor", "Walter",
    ],
    family: &[
        "Peña",
        "O'Connor",
        "Washington",
        "Nuñez",
        "D'Angelo",
        "Kowalski",
        "Trần",
        "Begay",
        "Johnson",
        "St. James",
        "Muñoz",
        "Carter",
        "Goldberg",
        "Haddad",
        "Lopez-Rivera",
        "Zhang",
    ],
    cities: &["Coeur d'Alene", "San José", "Española", "Chicago", "La Cañada Flintridge", "Boston", "Austin"],
    phones: &["+1 202-555-01##", "+1 312-555-01##", "+1 512-555-01##"],
    account: None,
};
