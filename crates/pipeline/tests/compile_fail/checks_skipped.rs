//! A permit is not a checked call.

async fn begin(permit: authz::Permit, audit: &audit::Audit) {
    let _ = execute::begin(permit, None, audit).await;
}

fn main() {
    let _ = begin;
}
