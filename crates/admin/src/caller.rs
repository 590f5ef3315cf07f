//! Who is behind a request, before and after the gate.

use audit::Who;
use authz::{AdminPermit, DelegatePermit};
use domain::{ControlVerdict, Digest};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its address; a unix socket counts as this machine.
    pub(crate) address: IpAddr,
    /// True if the kernel says that it is the server's own user or root.
    pub(crate) is_owner: bool,
}

impl Peer {
    /// A peer over TCP: the kernel does not say who it is.
    pub(crate) const fn over_tcp(address: IpAddr) -> Self {
        Self { address, is_owner: false }
    }

    /// A peer over the unix socket, by the user that the kernel names (SO_PEERCRED).
    pub(crate) fn over_unix(uid: Option<u32>) -> Self {
        let own = rustix::process::geteuid().as_raw();
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            is_owner: uid.is_some_and(|uid| uid == own || uid == 0),
        }
    }
}

/// Who came through the gate.
#[derive(Debug)]
pub(crate) enum Caller {
    /// A principal whom policy permits the route.
    Permitted(Box<AdminPermit>),
    /// A principal who may change a part of the policy.
    Delegate(Arc<DelegatePermit>),
    /// The owner of the data directory, over its socket, without a token.
    Owner,
}

impl Caller {
    /// For the record; the owner has no principal.
    pub(crate) fn who(&self) -> Option<Who> {
        match self {
            Self::Permitted(permit) => Some(validate::who(permit.authenticated())),
            Self::Delegate(permit) => Some(validate::who(permit.authenticated())),
            Self::Owner => None,
        }
    }

    /// Who, the policy that decided, its reasons and the verdicts, for the record of a refusal.
    pub(crate) fn facts(&self) -> Option<(Who, Digest, Vec<String>, Vec<ControlVerdict>)> {
        let (policy, reasons, controls) = match self {
            Self::Permitted(permit) => {
                let reasons = permit.reasons().iter().map(|reason| reason.to_string()).collect();
                (permit.policy_hash(), reasons, permit.verdicts())
            }
            Self::Delegate(permit) => (permit.policy_hash(), Vec::new(), permit.verdicts()),
            Self::Owner => return None,
        };
        Some((self.who()?, policy, reasons, controls.into_iter().cloned().collect()))
    }
}
