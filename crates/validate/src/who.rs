//! The caller as the log wants it.

use audit::Who;
use authn::Authenticated;

/// Principal, address and user agent of an authenticated caller, for a record.
pub fn who(caller: &Authenticated) -> Who {
    Who {
        principal: caller.principal().clone(),
        peer: Some(caller.peer()),
        user_agent: caller.user_agent().map(str::to_owned),
    }
}
