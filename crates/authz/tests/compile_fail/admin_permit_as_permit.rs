//! Leave to administer is not leave to call a tool.

fn confuse(permit: authz::AdminPermit) -> authz::Permit {
    permit
}

fn main() {}
