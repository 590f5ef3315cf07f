//! The audit log from outside: what its users and its auditors see.

mod calls;
mod killed;
mod linear;
mod notes;
mod quotas;
mod secrecy;
mod support;
mod tampered;
