//! Whoever holds evidence of layer 1 still has to ask layer 2.

fn forge(authenticated: authn::Authenticated, action: authz::AdminAction) -> authz::AdminPermit {
    authz::AdminPermit { authenticated, action }
}

fn main() {}
