//! Why an image could not be fetched, without the parts of its URL that may be secret.

use url::Url;

/// The most characters of a path that are shown.
const SHOWN: usize = 200;

/// A URL as far as it may be shown: scheme, host, port and path. Neither the query nor the fragment nor the user
/// information: whoever has a presigned URL in full can use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    pub(super) fn new(url: &Url) -> Self {
        if url.cannot_be_a_base() {
            // What follows the scheme of `data:…` and its like is all content.
            return Self(format!("{}:…", url.scheme()));
        }
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let path = url.path();
        // A URL is ASCII once it is parsed, and so every index is a boundary.
        let (path, rest) = if path.len() > SHOWN { (&path[..SHOWN], "…") } else { (path, "") };
        Self(format!("{}://{host}{port}{path}{rest}", url.scheme()))
    }
}

impl std::fmt::Display for Redacted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an image could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchError {
    /// The URL that was asked for, and those it was redirected to; empty where it is no URL.
    pub trail: Vec<Redacted>,
    /// What kind of trouble it is; decides whether trying again can help.
    pub kind: FetchErrorKind,
    /// What the URL, the server or the network said, with every cause behind it.
    pub detail: String,
}

impl FetchError {
    /// The stable code, e.g. `url-address`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Whether the same URL may be fetched later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }
}

impl std::fmt::Display for FetchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("fetch ")?;
        for (i, url) in self.trail.iter().enumerate() {
            write!(f, "{}{url}", if i == 0 { "" } else { " → " })?;
        }
        let separator = if self.trail.is_empty() { "" } else { ": " };
        write!(f, "{separator}{}: {}", self.kind, self.detail)
    }
}

impl std::error::Error for FetchError {}

/// The kinds of trouble with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchErrorKind {
    /// It is no absolute URL.
    Malformed,
    /// Its scheme is not allowed.
    Scheme,
    /// It holds a user name or a password.
    Credentials,
    /// Its port is not allowed.
    Port,
    /// Its host does not exist.
    Host,
    /// Its host is at an address that is not public.
    Address,
    /// It was redirected too often, or to nowhere.
    Redirects,
    /// The server answered with this status.
    Status(u16),
    /// The server's certificate is not valid for it.
    Certificate,
    /// The server sent the image in an encoding that was not asked for.
    Encoding,
    /// The image is larger than the caller allows.
    TooLarge,
    /// No answer in time, or none of the image's bytes.
    Timeout,
    /// No connection.
    Unreachable,
    /// The answer broke off, or is not HTTP.
    Broken,
}

impl FetchErrorKind {
    /// The stable code, e.g. `url-address`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "url-malformed",
            Self::Scheme => "url-scheme",
            Self::Credentials => "url-credentials",
            Self::Port => "url-port",
            Self::Host => "url-host",
            Self::Address => "url-address",
            Self::Redirects => "url-redirects",
            Self::Status(_) => "url-status",
            Self::Certificate => "url-certificate",
            Self::Encoding => "url-encoding",
            Self::TooLarge => "url-too-large",
            Self::Timeout => "url-timeout",
            Self::Unreachable => "url-unreachable",
            Self::Broken => "url-broken",
        }
    }

    /// Whether the same URL may be fetched later. Of statuses these: 408, 425, 429 and those of the server's own
    /// failures, 5xx.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Malformed
            | Self::Scheme
            | Self::Credentials
            | Self::Port
            | Self::Host
            | Self::Address
            | Self::Redirects
            | Self::Certificate
            | Self::Encoding
            | Self::TooLarge => false,
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..),
            Self::Timeout | Self::Unreachable | Self::Broken => true,
        }
    }
}

impl std::fmt::Display for FetchErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a URL",
            Self::Scheme => "the scheme is not allowed",
            Self::Credentials => "a URL with a user name or password is not allowed",
            Self::Port => "the port is not allowed",
            Self::Host => "no such host",
            Self::Address => "the address is not public",
            Self::Redirects => "redirected in vain",
            Self::Status(_) => "the server refused",
            Self::Certificate => "the server's certificate is not valid",
            Self::Encoding => "encoded in a way that was not asked for",
            Self::TooLarge => "too large",
            Self::Timeout => "no answer in time",
            Self::Unreachable => "no connection",
            Self::Broken => "the transfer broke off",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for (url, shown) in [
            ("https://images.example/a%20b.jpg?X-Amz-Signature=secret#secret", "https://images.example/a%20b.jpg"),
            ("https://secret:secret@images.example", "https://images.example/"),
            ("https://images.example:8443/a?secret", "https://images.example:8443/a"),
            ("http://[::1]/a?secret", "http://[::1]/a"),
            ("data:text/plain,secret", "data:…"),
            ("file:///a/b?secret", "file:///a/b"),
        ] {
            assert_eq!(Redacted::new(&Url::parse(url).unwrap()).to_string(), shown, "{url}");
        }
        let long = Redacted::new(&Url::parse(&format!("https://a.example/{}", "봄".repeat(99))).unwrap()).to_string();
        assert!(long.chars().count() == "https://a.example".len() + SHOWN + 1 && long.ends_with('…'), "{long}");
    }

    #[test]
    fn statuses_that_may_change_are_transient() {
        for (status, transient) in [
            (206, false),
            (304, false),
            (400, false),
            (401, false),
            (403, false),
            (404, false),
            (408, true),
            (410, false),
            (418, false),
            (425, true),
            (429, true),
            (451, false),
            (500, true),
            (503, true),
            (599, true),
        ] {
            assert_eq!(FetchErrorKind::Status(status).is_transient(), transient, "{status}");
        }
    }
}
