//! What policy may read of one call: declared arguments and the plan's declared attributes.

use domain::{Refusal, RefusalCode};
use manifest::{Arguments, AttributeSource, Attributes, Plan, ToolManifest};

/// Collects the declared attributes. An attribute that the tool did not declare is a fault of the
/// tool and refuses the call: policy must not see what its author could not know of.
pub(crate) fn collect(
    manifest: &ToolManifest,
    arguments: &Arguments,
    plan: &Plan,
) -> Result<Attributes, Refusal> {
    let mut attributes = Attributes::new();
    for declared in manifest.attributes() {
        let value = match declared.source {
            AttributeSource::Argument => arguments.attribute(declared)?,
            AttributeSource::Plan => plan.attributes().get(declared.name).cloned(),
        };
        if let Some(value) = value {
            attributes.insert(declared.name.to_owned(), value);
        }
    }
    let undeclared = plan.attributes().keys().find(|name| {
        !manifest
            .attributes()
            .iter()
            .any(|known| known.source == AttributeSource::Plan && known.name == name.as_str())
    });
    match undeclared {
        Some(name) => {
            Err(Refusal::new(RefusalCode::Internal, format!("the plan has an undeclared attribute `{name}`")))
        }
        None => Ok(attributes),
    }
}
