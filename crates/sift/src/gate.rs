//! The gate: one pass over the keywords that says where a recogniser is worth running.
//!
//! Owns the list of keywords and which recogniser each one wakes. It finds nothing itself;
//! text without a keyword and without digits costs this pass alone.

use crate::assigned::{self, NAMES, Promise};
use crate::keywords::{KeywordError, Keywords, Place};
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

/// The keywords of all recognisers.
pub(crate) struct Gate {
    keywords: Keywords,
    wakes: Vec<Wake>,
}

impl Gate {
    pub(crate) fn new() -> Result<Self, KeywordError> {
        let words = Keywords::new(keywords().map(|(keyword, _)| keyword))?;
        Ok(Self { keywords: words, wakes: keywords().map(|(_, wake)| wake).collect() })
    }

    /// Every keyword of the text. Overwriting parts of the text adds none, so the hits of
    /// the first pass serve the later ones.
    pub(crate) fn hits(&self, text: &str) -> Vec<Hit> {
        let hit = |place: Place| {
            let wake = self.wakes.get(place.word)?;
            Some(Hit { wake: *wake, start: place.start, end: place.end })
        };
        self.keywords.places(text).into_iter().filter_map(hit).collect()
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
