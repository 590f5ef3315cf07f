//! No permit comes from a text.

trait FromText: serde::de::DeserializeOwned {
    fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl<T: serde::de::DeserializeOwned> FromText for T {}

fn main() {
    authz::AdminPermit::from_text("{}");
}
