//! Who a call acts for: a person of a tenant, through a client.

use crate::names::{NameError, checked_name, is_short};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Identity providers hand out e-mail addresses, UUIDs and URLs as names; none needs more than this.
fn is_identity(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_.@:/|+~-".contains(&sign))
}

checked_name!(
    /// The name of a tenant: 1 to 64 signs of `A-Z a-z 0-9 _ -`.
    TenantId,
    "tenant",
    |text| is_short(text)
        && text.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_-".contains(&sign))
);

checked_name!(
    /// A person as the token's issuer names them (`sub`): 1 to 255 signs of `A-Z a-z 0-9 _ . @ : / | + ~ -`.
    PersonId,
    "person",
    is_identity
);

checked_name!(
    /// A client (assistant, agent, program) as the token's issuer names it (`client_id`): same signs as a person.
    ClientId,
    "client",
    is_identity
);

checked_name!(
    /// The name of one token (`jti`): 1 to 255 visible ASCII signs. It is no secret.
    TokenId,
    "token id",
    |text| !text.is_empty() && text.len() <= 255 && text.bytes().all(|sign| sign.is_ascii_graphic())
);

/// The three names that every decision, key and record carries.
///
/// It is a fact, not a proof: only `authn` can say that a principal was authenticated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// The organisation that the person belongs to.
    pub tenant: TenantId,
    /// The human (or service) whom the call acts for.
    pub person: PersonId,
    /// The program that makes the call.
    pub client: ClientId,
}
