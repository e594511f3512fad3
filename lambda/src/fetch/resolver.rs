//! Names to addresses, less those to which no connection is allowed.
//!
//! The client connects to what this resolver gives it and to nothing else. So the address that is judged is the one
//! that is connected to, and a name that changes between two look-ups (DNS rebinding) gains nothing.

use std::io;
use std::net::IpAddr;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};

use super::policy::UrlPolicy;

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
            let first = *found.first().ok_or_else(|| ResolveDnsError::new(Unresolved::NoSuchHost))?;
            let allowed: Vec<IpAddr> = found.into_iter().filter(|address| self.policy.allows(*address)).collect();
            if allowed.is_empty() { Err(ResolveDnsError::new(Unresolved::NotAllowed(first))) } else { Ok(allowed) }
        })
    }
}

/// The system's resolver.
#[derive(Clone, Copy, Debug)]
pub(super) struct System;

impl ResolveDns for System {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            match tokio::net::lookup_host((name, 0)).await {
                Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
                Err(error) if is_no_such_host(&error) => Err(ResolveDnsError::new(Unresolved::NoSuchHost)),
                Err(error) => Err(ResolveDnsError::new(error)),
            }
        })
    }
}

/// Whether a resolver says that a name does not exist, rather than that it cannot tell now. The standard library keeps
/// no more of this than the C library's words: those of EAI_NONAME and EAI_NODATA in glibc, musl and macOS. Words that
/// are not known count as trouble that may pass.
fn is_no_such_host(error: &io::Error) -> bool {
    let words = error.to_string();
    ["not known", "No address associated", "does not resolve"].iter().any(|known| words.contains(known))
}

/// Why a name has no address to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// It does not exist.
    NoSuchHost,
    /// No connection is allowed to any of its addresses; this is the first.
    NotAllowed(IpAddr),
}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchHost => f.write_str("its name has no address"),
            Self::NotAllowed(address) => write!(f, "its name leads to {address}"),
        }
    }
}

impl std::error::Error for Unresolved {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_do_not_exist_are_told_from_resolvers_that_do_not_answer() {
        for (words, no_such_host) in [
            ("failed to lookup address information: Name or service not known", true),
            ("failed to lookup address information: No address associated with hostname", true),
            ("failed to lookup address information: Name does not resolve", true),
            ("failed to lookup address information: nodename nor servname provided, or not known", true),
            ("failed to lookup address information: Temporary failure in name resolution", false),
            ("failed to lookup address information: Try again", false),
        ] {
            assert_eq!(is_no_such_host(&io::Error::other(words)), no_such_host, "{words}");
        }
    }
}
