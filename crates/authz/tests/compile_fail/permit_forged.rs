//! Whoever holds evidence of layer 1 still has to ask layer 2.

use std::sync::Arc;

fn forge(
    authenticated: authn::Authenticated,
    manifest: Arc<manifest::ToolManifest>,
    policy: Arc<authz::Policy>,
) -> authz::Permit {
    authz::Permit { authenticated, manifest, policy }
}

fn main() {}
