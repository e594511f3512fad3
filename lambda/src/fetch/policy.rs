//! From where images may be fetched.

use std::net::IpAddr;

use url::{Host, Url};

use super::Failure;
use super::address::is_public;
use super::error::FetchErrorKind;

/// From where images may be fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UrlPolicy {
    /// From public addresses alone, over https and its port 443: whoever may send a job can reach no more through the
    /// function than without it.
    #[default]
    PublicHttps,
    /// From everywhere, over http too and any port: for networks in which everyone who may send a job may also reach
    /// whatever the function can reach.
    Unrestricted,
}

impl UrlPolicy {
    /// Reads `public-https` or `unrestricted`.
    ///
    /// # Errors
    /// [`UnknownUrlPolicy`] for anything else.
    pub fn parse(name: &str) -> Result<Self, UnknownUrlPolicy> {
        match name {
            "public-https" => Ok(Self::PublicHttps),
            "unrestricted" => Ok(Self::Unrestricted),
            _ => Err(UnknownUrlPolicy),
        }
    }

    /// Whether the policy allows for `url` as it is spelled. A host that is an address is judged here, a name once it
    /// is resolved.
    pub(super) fn check(self, url: &Url) -> Result<(), Failure> {
        let public = self == Self::PublicHttps;
        match (url.scheme(), public) {
            ("https", _) | ("http", false) => {}
            (scheme, true) => return Err(Failure::new(FetchErrorKind::Scheme, format!("{scheme}, expected https"))),
            (scheme, false) => {
                return Err(Failure::new(FetchErrorKind::Scheme, format!("{scheme}, expected https or http")));
            }
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::new(FetchErrorKind::Credentials, "fetch it from a presigned URL"));
        }
        if public && let Some(port) = url.port() {
            return Err(Failure::new(FetchErrorKind::Port, format!("{port}, expected 443")));
        }
        // The parser knows every spelling of an address (0x7f.1, 2130706433, [::ffff:7f00:1], …), and what it gives
        // back has but one.
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Failure::new(FetchErrorKind::Malformed, "it names no host")),
        };
        if self.allows(address) { Ok(()) } else { Err(Failure::new(FetchErrorKind::Address, address.to_string())) }
    }

    /// Whether the policy allows for connections to `address`.
    pub(super) fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::PublicHttps => is_public(address),
            Self::Unrestricted => true,
        }
    }
}

/// A text that names no [`UrlPolicy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownUrlPolicy;

impl std::fmt::Display for UnknownUrlPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("is neither public-https nor unrestricted")
    }
}

impl std::error::Error for UnknownUrlPolicy {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code of the error that `policy` has for `url`; `ok` for none.
    fn judge(policy: UrlPolicy, url: &str) -> &'static str {
        let Ok(url) = Url::parse(url) else { return "url-malformed" };
        policy.check(&url).map_or_else(|failure| failure.kind.code(), |()| "ok")
    }

    #[test]
    fn urls_are_judged_by_their_spelling() {
        for (url, public, unrestricted) in [
            ("https://images.example/a.jpg?b=c", "ok", "ok"),
            ("HTTPS://IMAGES.EXAMPLE:443/a.jpg", "ok", "ok"),
            ("https://8.8.8.8/a.jpg", "ok", "ok"),
            ("https://[2606:4700:4700::1111]/a.jpg", "ok", "ok"),
            // Names are judged once they are resolved.
            ("https://localhost/a.jpg", "ok", "ok"),
            ("http://images.example/a.jpg", "url-scheme", "ok"),
            ("http://127.0.0.1:8080/a.jpg", "url-scheme", "ok"),
            ("ftp://images.example/a.jpg", "url-scheme", "url-scheme"),
            ("file:///etc/passwd", "url-scheme", "url-scheme"),
            ("data:image/png;base64,AA==", "url-scheme", "url-scheme"),
            ("gopher://127.0.0.1:6379/_", "url-scheme", "url-scheme"),
            ("s3://bucket/key", "url-scheme", "url-scheme"),
            ("https://user@images.example/", "url-credentials", "url-credentials"),
            ("https://user:password@images.example/", "url-credentials", "url-credentials"),
            ("https://:password@images.example/", "url-credentials", "url-credentials"),
            ("https://images.example:80/", "url-port", "ok"),
            ("https://images.example:8443/", "url-port", "ok"),
            ("https://images.example:22/", "url-port", "ok"),
            ("https://images.example:65536/", "url-malformed", "url-malformed"),
            ("https://", "url-malformed", "url-malformed"),
            ("//images.example/a.jpg", "url-malformed", "url-malformed"),
            ("images.example/a.jpg", "url-malformed", "url-malformed"),
            ("", "url-malformed", "url-malformed"),
            ("https://127.0.0.1/", "url-address", "ok"),
            ("https://127.1/", "url-address", "ok"),
            ("https://2130706433/", "url-address", "ok"),
            ("https://017700000001/", "url-address", "ok"),
            ("https://0177.0.0.1/", "url-address", "ok"),
            ("https://0x7f.1/", "url-address", "ok"),
            ("https://0x7f000001/", "url-address", "ok"),
            ("https://127.0.0.1./", "url-address", "ok"),
            ("https://127.0.0.0x1/", "url-address", "ok"),
            ("https://%31%32%37.0.0.1/", "url-address", "ok"),
            ("https://①②⑦.⓪.⓪.①/", "url-address", "ok"),
            ("https://127。0。0。1/", "url-address", "ok"),
            ("https://0/", "url-address", "ok"),
            ("https://169.254.169.254/latest/meta-data/", "url-address", "ok"),
            ("https://0xa9fea9fe/", "url-address", "ok"),
            ("https://2852039166/", "url-address", "ok"),
            ("https://4294967296/", "url-malformed", "url-malformed"),
            ("https://256.0.0.1/", "url-malformed", "url-malformed"),
            ("https://[::]/", "url-address", "ok"),
            ("https://[::1]/", "url-address", "ok"),
            ("https://[0:0:0:0:0:0:0:1]/", "url-address", "ok"),
            ("https://[::ffff:127.0.0.1]/", "url-address", "ok"),
            ("https://[::ffff:7f00:1]/", "url-address", "ok"),
            ("https://[64:ff9b::7f00:1]/", "url-address", "ok"),
            ("https://[fd00:ec2::254]/", "url-address", "ok"),
            ("https://[fe80::1%25eth0]/", "url-malformed", "url-malformed"),
            ("https://images.example\\@127.0.0.1/", "ok", "ok"),
            ("https://127.0.0.1\\@images.example/", "url-address", "ok"),
            ("https://127.0.0.1#@images.example/", "url-address", "ok"),
            ("https:127.0.0.1/", "url-address", "ok"),
            ("https:\n//127.0.\t0.1/", "url-address", "ok"),
        ] {
            assert_eq!(judge(UrlPolicy::PublicHttps, url), public, "public-https, {url:?}");
            assert_eq!(judge(UrlPolicy::Unrestricted, url), unrestricted, "unrestricted, {url:?}");
        }
    }

    #[test]
    fn policies_have_names() {
        assert_eq!(UrlPolicy::parse("public-https"), Ok(UrlPolicy::default()));
        assert_eq!(UrlPolicy::parse("unrestricted"), Ok(UrlPolicy::Unrestricted));
        for name in ["", "public", "Unrestricted"] {
            assert_eq!(UrlPolicy::parse(name), Err(UnknownUrlPolicy), "{name:?}");
        }
    }
}
