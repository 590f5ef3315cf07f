//! Chance from the system's generator.

use crate::KeyError;
use aws_lc_rs::rand;

/// `N` bytes that nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0u8; N];
    rand::fill(&mut bytes).map_err(|_| KeyError::Library { action: "draw random bytes" })?;
    Ok(bytes)
}
