//! `schema.cedarschema`: reads it and holds it against the vocabulary; then, once they are known,
//! against the tools.
//!
//! The split between the two questions is held here: `call` has no attributes in its context,
//! `callWith` has those that tools declare, each with the declared type and each optional.

use crate::error::{Problem, Problems};
use crate::files::SCHEMA;
use crate::nearest::did_you_mean;
use crate::rule::parse_problem;
use crate::vocabulary::{Action, Kind};
use cedar_policy::{Schema, Validator, schema_str_to_json_with_resolved_types};
use manifest::{AttributeKind, ToolManifest};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A schema that agrees with the vocabulary.
pub(crate) struct CheckedSchema {
    /// Holds the schema itself.
    pub(crate) validator: Validator,
    /// What the contexts of the questions with attributes may hold.
    contexts: Vec<(Action, Attributes)>,
}

/// By name.
type Attributes = BTreeMap<String, Declared>;

/// An attribute's type in the schema: as Cedar's JSON form writes it.
struct Declared {
    type_text: String,
    required: bool,
}

impl CheckedSchema {
    pub(crate) fn read(text: &str, problems: &mut Problems) -> Option<Self> {
        let parsed = Schema::from_cedarschema_str(text).map_err(|error| parse_problem(SCHEMA, text, &error));
        let (schema, warnings) = problems.take(parsed)?;
        for warning in warnings {
            problems.add(Problem::new(SCHEMA, warning.to_string(), "rename the type"));
        }
        let resolved = schema_str_to_json_with_resolved_types(text);
        let (json, _) = problems.take(resolved.map_err(|error| parse_problem(SCHEMA, text, &error)))?;
        let mut contexts = Vec::new();
        for action in Action::ALL {
            check_action(action, &schema, problems);
            let context = context_of(&json, action);
            check_context(action, &context, problems);
            if action.reads_attributes() {
                contexts.push((action, context));
            }
        }
        Some(Self { validator: Validator::new(schema), contexts })
    }

    /// Cedar's own form.
    pub(crate) fn schema(&self) -> &Schema {
        self.validator.schema()
    }

    /// True if every question with attributes may be asked with this one.
    pub(crate) fn declares(&self, attribute: &str) -> bool {
        self.contexts.iter().all(|(_, context)| context.contains_key(attribute))
    }

    /// Does the schema declare every attribute that a tool lets policy read, with the tool's type?
    pub(crate) fn check_tools(&self, tools: &[Arc<ToolManifest>], problems: &mut Problems) {
        for (action, context) in &self.contexts {
            for tool in tools {
                for problem in missing(tool, context) {
                    problems.add(problem.in_rule(place_of(*action)));
                }
            }
        }
    }
}

fn place_of(action: Action) -> String {
    format!("action {}", action.word())
}

fn check_action(action: Action, schema: &Schema, problems: &mut Problems) {
    let uid = action.uid();
    let wrong = |cause: String| {
        let hint = format!(
            "declare it as `appliesTo {{ principal: [Person, Client], resource: [{}] }}`",
            action.resources().iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ")
        );
        Problem::new(SCHEMA, cause, hint).in_rule(place_of(action))
    };
    if !schema.actions().any(|declared| *declared == uid) {
        problems.add(wrong("the action is missing".to_owned()));
        return;
    }
    let principals: Vec<_> = schema.principals_for_action(&uid).into_iter().flatten().collect();
    for kind in [Kind::Person, Kind::Client] {
        if !principals.contains(&&kind.type_name()) {
            problems.add(wrong(format!("the action does not apply to the principal `{}`", kind.word())));
        }
    }
    let resources: Vec<_> = schema.resources_for_action(&uid).into_iter().flatten().collect();
    for kind in action.resources() {
        if !resources.contains(&&kind.type_name()) {
            problems.add(wrong(format!("the action does not apply to the resource `{}`", kind.word())));
        }
    }
}

fn check_context(action: Action, context: &Attributes, problems: &mut Problems) {
    if !action.reads_attributes() {
        if let Some(name) = context.keys().next() {
            let cause = format!("the context holds `{name}`, but this question is asked without arguments");
            let hint = "move it to the context of `callWith`";
            problems.add(Problem::new(SCHEMA, cause, hint).in_rule(place_of(action)));
        }
        return;
    }
    for (name, _) in context.iter().filter(|(_, declared)| declared.required) {
        let cause = format!("`{name}` is required, but not every call has it");
        problems.add(Problem::new(SCHEMA, cause, format!("write `{name}?`")).in_rule(place_of(action)));
    }
}

/// The attributes of `tool` that `context` does not declare as the tool does.
fn missing(tool: &ToolManifest, context: &Attributes) -> impl Iterator<Item = Problem> {
    tool.attributes().iter().filter_map(|attribute| {
        let (name, wanted) = (attribute.name, type_text(attribute.kind));
        match context.get(name) {
            Some(declared) if declared.type_text == wanted => None,
            Some(declared) => Some(Problem::new(
                SCHEMA,
                format!("`{name}` is {} here and {wanted} for tool `{}`", declared.type_text, tool.name()),
                format!("write `{name}?: {wanted}`"),
            )),
            None => Some(Problem::new(
                SCHEMA,
                format!("the context lacks `{name}`, which tool `{}` lets policy read", tool.name()),
                did_you_mean(name, context.keys().map(String::as_str), &format!("add `{name}?: {wanted}`")),
            )),
        }
    })
}

const fn type_text(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::String => "String",
        AttributeKind::Long => "Long",
        AttributeKind::Bool => "Bool",
        AttributeKind::StringSet => "Set<String>",
    }
}

/// The attributes of an action's context, read out of the schema's JSON form.
fn context_of(schema: &Value, action: Action) -> Attributes {
    let named = |name: &str| schema.get("")?.get("commonTypes")?.get(name);
    let of_action = || schema.get("")?.get("actions")?.get(action.word())?.get("appliesTo")?.get("context");
    let mut context = of_action();
    // A context may be the name of a type, which may be the name of another; Cedar refuses circles.
    while let Some(next) = context.and_then(type_name).and_then(named) {
        context = Some(next);
    }
    let attributes = context.and_then(|context| context.get("attributes")?.as_object());
    let declared = |value: &Value| Declared {
        type_text: text_of(value),
        required: value.get("required").and_then(Value::as_bool).unwrap_or(true),
    };
    attributes.into_iter().flatten().map(|(name, value)| (name.clone(), declared(value))).collect()
}

fn type_name(value: &Value) -> Option<&str> {
    value.get("type")?.as_str()
}

fn text_of(value: &Value) -> String {
    match type_name(value) {
        Some("Set") => format!("Set<{}>", value.get("element").map_or_else(String::new, text_of)),
        Some(name) => name.to_owned(),
        None => "a type without a name".to_owned(),
    }
}
