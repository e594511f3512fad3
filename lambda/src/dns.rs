//! Names to addresses, by the system's resolver.

use std::io;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};

/// The system's resolver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct System;

impl ResolveDns for System {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            match tokio::net::lookup_host((name, 0)).await {
                Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
                Err(error) if is_no_such_host(&error) => Err(ResolveDnsError::new(NoSuchHost)),
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

/// A name that has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoSuchHost;

impl std::fmt::Display for NoSuchHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("its name has no address")
    }
}

impl std::error::Error for NoSuchHost {}

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
