//! The gate: one pass over the keywords that says where a recogniser is worth running.
//!
//! Owns the list of keywords and which recogniser each one wakes. It finds nothing itself;
//! text without a keyword and without digits costs this pass alone.

use crate::ahead::Ahead;
use crate::assigned::{self, NAMES, Promise};
use crate::credentials::Reach;
use crate::keywords::{KeywordError, Keywords, Place};
use crate::kind::Kind;
use crate::limits::ScanError;
use crate::page::{BLANK, Candidate, Page};
use crate::token_table::{SHAPES, Shape};
use crate::{credentials, email, jwt, private_key, tokens};

/// Which recogniser a keyword wakes.
#[derive(Clone, Copy)]
pub(crate) enum Wake {
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
    pub(crate) fn hits(&self, text: &str) -> Vec<Place> {
        self.keywords.places(text)
    }

    /// Runs the woken recognisers over what is left of their keywords.
    pub(crate) fn recognise(
        &self,
        page: &Page<'_>,
        hits: &[Place],
        out: &mut Vec<Candidate>,
    ) -> Result<(), ScanError> {
        let mut armour = Ahead::new(private_key::ARMOUR);
        let (mut header, mut bearer) = (Reach::default(), Reach::default());
        let mut assigned_end = 0;
        for hit in hits {
            page.budget.check()?;
            let (start, end) = (hit.start(), hit.end());
            let Some(wake) = self.wakes.get(hit.word()).filter(|_| page.byte(start) != BLANK) else {
                continue;
            };
            let found = match *wake {
                Wake::Email => email::at_sign(page, start),
                Wake::Jwt => jwt::at_header(page, start),
                Wake::PrivateKey => private_key::at_label(page, start, &mut armour),
                Wake::PuttyKey => private_key::at_putty_header(page, start),
                Wake::Authorization => credentials::after_authorization(page, end, &mut header),
                Wake::Bearer => credentials::after_bearer(page, end, &mut bearer),
                Wake::Url => credentials::in_url(page, start),
                // A name inside a secret is a part of the secret.
                Wake::Assigned(_) if start < assigned_end => None,
                Wake::Assigned(promise) => {
                    let found = assigned::at_name(page, start..end, promise);
                    assigned_end = found.as_ref().map_or(assigned_end, |found| found.end);
                    found
                }
                Wake::Token(shape) => tokens::at_prefix(page, start, shape),
            };
            if let Some(key_id) = found.as_ref().filter(|found| found.kind == Kind::AwsKey) {
                out.extend(tokens::aws_secret_after(page, key_id.end));
            }
            out.extend(found);
        }
        out.extend(assigned::whole_text(page));
        Ok(())
    }
}

pub(crate) fn keywords() -> impl Iterator<Item = (&'static str, Wake)> {
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
