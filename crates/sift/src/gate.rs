//! The gate: one Aho-Corasick pass that says where a recogniser is worth running.
//!
//! Owns the list of keywords and which recogniser each one wakes. It finds nothing itself;
//! text without a keyword and without digits costs this pass alone.

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};

use crate::assigned::{self, NAMES, Promise};
use crate::kind::Kind;
use crate::page::{BLANK, Candidate, Page};
use crate::token_table::{SHAPES, Shape};
use crate::{credentials, email, jwt, private_key, tokens};

/// Which recogniser a keyword wakes.
#[derive(Clone, Copy)]
enum Wake {
    Email,
    Jwt,
    PrivateKey,
    PuttyKey,
    Authorization,
    Bearer,
    Url,
    Assigned(Promise),
    Token(&'static Shape),
}

/// The keywords of all recognisers in one automaton.
pub(crate) struct Gate {
    keywords: AhoCorasick,
    wakes: Vec<Wake>,
}

impl Gate {
    pub(crate) fn new() -> Result<Self, BuildError> {
        let table: Vec<(&str, Wake)> = keywords().collect();
        let keywords = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(table.iter().map(|(keyword, _)| *keyword))?;
        Ok(Self { keywords, wakes: table.into_iter().map(|(_, wake)| wake).collect() })
    }

    /// Every keyword of the text. Overwriting parts of the text adds none, so the hits of
    /// the first pass serve the later ones.
    pub(crate) fn hits(&self, text: &str) -> Vec<Hit> {
        self.keywords
            .find_overlapping_iter(text)
            .filter_map(|hit| {
                let wake = self.wakes.get(hit.pattern().as_usize())?;
                Some(Hit { wake: *wake, start: hit.start(), end: hit.end() })
            })
            .collect()
    }
}

/// A keyword in the text.
pub(crate) struct Hit {
    wake: Wake,
    start: usize,
    end: usize,
}

/// Runs the woken recognisers over what is left of their keywords.
pub(crate) fn recognise(page: &Page<'_>, hits: &[Hit], out: &mut Vec<Candidate>) {
    for hit in hits {
        if page.byte(hit.start) == BLANK {
            continue;
        }
        let found = match hit.wake {
            Wake::Email => email::at_sign(page, hit.start),
            Wake::Jwt => jwt::at_header(page, hit.start),
            Wake::PrivateKey => private_key::at_label(page, hit.start),
            Wake::PuttyKey => Some(private_key::at_putty_header(page, hit.start)),
            Wake::Authorization => credentials::after_authorization(page, hit.end),
            Wake::Bearer => credentials::after_bearer(page, hit.end),
            Wake::Url => credentials::in_url(page, hit.start),
            Wake::Assigned(promise) => assigned::at_name(page, hit.start..hit.end, promise),
            Wake::Token(shape) => tokens::at_prefix(page, hit.start, shape),
        };
        if let Some(key_id) = found.as_ref().filter(|found| found.kind == Kind::AwsKey) {
            out.extend(tokens::aws_secret_after(page, key_id.end));
        }
        out.extend(found);
    }
    out.extend(assigned::whole_text(page));
}

fn keywords() -> impl Iterator<Item = (&'static str, Wake)> {
    let single = [
        ("@", Wake::Email),
        ("eyJ", Wake::Jwt),
        ("PRIVATE KEY", Wake::PrivateKey),
        (private_key::PUTTY_START, Wake::PuttyKey),
        ("authorization", Wake::Authorization),
        ("bearer", Wake::Bearer),
        ("://", Wake::Url),
    ];
    single
        .into_iter()
        .chain(NAMES.iter().map(|(name, promise)| (*name, Wake::Assigned(*promise))))
        .chain(SHAPES.iter().map(|shape| (shape.prefix, Wake::Token(shape))))
}
