//! A connector's output cannot be read where it comes in.

fn read(ran: execute::Ran) -> Vec<serde_json::Value> {
    ran.outcome.unwrap().content
}

fn main() {
    let _ = read;
}
