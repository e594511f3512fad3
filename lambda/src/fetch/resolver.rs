//! Names to addresses, less those to which no connection is allowed.
//!
//! The client connects to what this resolver gives it and to nothing else. So the address that is judged is the one
//! that is connected to, and a name that changes between two look-ups (DNS rebinding) gains nothing.

use std::net::IpAddr;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};

use super::policy::UrlPolicy;
use crate::dns::NoSuchHost;

/// The addresses of `inner` that `policy` allows for.
#[derive(Clone, Debug)]
pub(super) struct Filtered<R> {
    pub(super) inner: R,
    pub(super) policy: UrlPolicy,
}

impl<R: ResolveDns> ResolveDns for Filtered<R> {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = self.inner.resolve_dns(name).await?;
            let first = *found.first().ok_or_else(|| ResolveDnsError::new(NoSuchHost))?;
            let allowed: Vec<IpAddr> = found.into_iter().filter(|address| self.policy.allows(*address)).collect();
            if allowed.is_empty() { Err(ResolveDnsError::new(NotAllowed { first })) } else { Ok(allowed) }
        })
    }
}

/// A name to none of whose addresses a connection is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAllowed {
    /// The first of them.
    first: IpAddr,
}

impl std::fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "its name leads to {}", self.first)
    }
}

impl std::error::Error for NotAllowed {}
