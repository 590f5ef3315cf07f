//! A policy's conditions: which attributes of the context they read, and the conditions alone.

use cedar_policy::Policy;
use cedar_policy::pst::{
    self, ActionConstraint, Clause, Expr, PrincipalConstraint, ResourceConstraint, StaticPolicy, Template,
    Var,
};
use std::collections::BTreeSet;

/// What is known of conditions.
#[derive(Default)]
pub(super) struct Conditions {
    /// The attributes of `context` that they read.
    pub(super) reads: BTreeSet<String>,
    /// The policy without its scope; only if it reads attributes.
    pub(super) alone: Option<Policy>,
}

impl Conditions {
    /// Walks every condition. An error if the context is used as a whole, for then nobody can say what is read.
    pub(super) fn of(policy: &Policy) -> Result<Self, &'static str> {
        if !policy.has_non_scope_constraint() {
            return Ok(Self::default());
        }
        // Out of what Cedar has parsed: a policy that remembers its text would have it parsed once more.
        let tree = Policy::from(policy.as_ref().clone()).to_pst().map_err(|_| UNREADABLE)?;
        let mut reads = BTreeSet::new();
        for clause in tree.body().clauses() {
            match clause {
                Clause::When(expression) | Clause::Unless(expression) => walk(expression, &mut reads)?,
            }
        }
        let alone = if reads.is_empty() { None } else { Some(without_scope(tree.body()).ok_or(UNREADABLE)?) };
        Ok(Self { reads, alone })
    }
}

const UNREADABLE: &str = "its conditions hold an expression that cannot be examined";

fn without_scope(body: &Template) -> Option<Policy> {
    let any = Template::new(
        body.id.clone(),
        body.effect,
        PrincipalConstraint::Any,
        ActionConstraint::Any,
        ResourceConstraint::Any,
    );
    let alone = any.try_with_clauses(body.clauses().clone()).ok()?;
    Policy::from_pst(pst::Policy::Static(StaticPolicy::try_from(alone).ok()?)).ok()
}

/// Recursion is as deep as the expression; Cedar's parser bounds that.
fn walk(expression: &Expr, names: &mut BTreeSet<String>) -> Result<(), &'static str> {
    match expression {
        Expr::GetAttr { expr, attr } if is_context(expr) => {
            names.insert(attr.to_string());
            Ok(())
        }
        Expr::HasAttr { expr, attrs } if is_context(expr) => {
            names.insert(attrs.head.to_string());
            Ok(())
        }
        Expr::Var(Var::Context) => Err("it uses `context` as a whole"),
        Expr::Var(_) | Expr::Literal(_) => Ok(()),
        Expr::UnaryOp { expr, .. }
        | Expr::GetAttr { expr, .. }
        | Expr::HasAttr { expr, .. }
        | Expr::Like { expr, .. }
        | Expr::Is { expr, in_expr: None, .. } => walk(expr, names),
        Expr::Is { expr, in_expr: Some(inside), .. } => walk(expr, names).and_then(|()| walk(inside, names)),
        Expr::BinaryOp { left, right, .. } => walk(left, names).and_then(|()| walk(right, names)),
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            [cond, then_expr, else_expr].into_iter().try_for_each(|part| walk(part, names))
        }
        Expr::Set(items) => items.iter().try_for_each(|item| walk(item, names)),
        Expr::Record(members) => members.values().try_for_each(|member| walk(member, names)),
        _ => Err(UNREADABLE),
    }
}

fn is_context(expression: &Expr) -> bool {
    matches!(expression, Expr::Var(Var::Context))
}
