//! What the engine does to a source, seen from outside: through planning and running, never around them.

#![allow(clippy::disallowed_methods, reason = "the tests look at the source, and harm it, from outside")]

mod attacks;
mod benign;
mod bounds;
mod change;
mod fuzz;
mod oracle;
mod refusals;
mod rows;
mod world;
