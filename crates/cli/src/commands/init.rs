//! `init`: a commented configuration and a policy folder to start from. Nothing is overwritten.

use crate::arguments::Init;
use crate::context::Context;
use crate::{Exit, Failure, files};
use serde_json::json;
use settings::EXAMPLE;

/// The configuration's name in the folder.
const CONFIG: &str = "secure-mcp.toml";

/// What the example says of an installed server, and what a folder of one's own needs instead.
const OWN_PLACES: [(&str, &str); 2] = [
    ("data_dir = \"/var/lib/secure-mcp\"", "data_dir = \"secure-mcp-data\""),
    ("dir = \"/etc/secure-mcp/policies\"", "dir = \"policies\""),
];

pub(super) fn run(asked: &Init, context: Context<'_>) -> Result<Exit, Failure> {
    let config = asked.directory.join(CONFIG);
    let policies = asked.directory.join("policies");
    for place in [&config, &policies] {
        if place.exists() {
            let cause = format!("`{}` exists already", place.display());
            return Err(Failure::usage("file_exists", cause, "name another folder; nothing is overwritten"));
        }
    }
    files::make_folder(&policies)?;
    for (name, text) in context.server.sample_policy() {
        let path = policies.join(name);
        if let Some(folder) = path.parent() {
            files::make_folder(folder)?;
        }
        files::write_public(&path, text)?;
    }
    files::write_public(&config, &configuration())?;
    context.output.say(
        format!(
            "wrote {} and {}\nnext: set public_url, tls and your resources, then run\n  secure-mcp policy check --config {}\n  secure-mcp serve --config {}",
            config.display(), policies.display(), config.display(), config.display()
        ),
        &json!({ "config": config, "policies": policies }),
    );
    Ok(Exit::Ok)
}

/// The example with its folders beside it and without resources that are not there.
fn configuration() -> String {
    let mut text = EXAMPLE.to_owned();
    for (installed, own) in OWN_PLACES {
        text = text.replace(installed, own);
    }
    let mut in_resource = false;
    let lines = text.lines().map(|line| {
        if line.starts_with('[') {
            in_resource = line.starts_with("[[resource]]") || line.starts_with("[[egress.destination]]");
        }
        if in_resource && !line.is_empty() && !line.starts_with('#') {
            format!("# {line}")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::configuration;
    use domain::UnixMillis;
    use settings::Settings;
    use std::path::Path;

    #[test]
    fn the_written_configuration_is_one_that_the_server_reads() {
        let settings =
            Settings::parse(&configuration(), Path::new("there/secure-mcp.toml"), UnixMillis(0)).unwrap();
        assert_eq!(settings.policy.dir, Path::new("there/policies"));
        assert_eq!(settings.server.data_dir, Path::new("there/secure-mcp-data"));
        assert!(settings.resources.is_empty() && settings.destinations.is_empty());
    }
}
