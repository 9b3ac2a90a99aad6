//! The endpoint, as the caller sets it.

use std::net::{Ipv4Addr, Ipv6Addr};

use devcred::{ErrorKind, testing};

use crate::text;

const QUERY: &str = "ClientId=GID_test%40%40%40test&InstanceId=post-cn-0pp12gl0001";

/// A password in an endpoint of the corpus.
const PASSWORD: &str = "p4ssw0rd";

/// An endpoint is refused, and the error does not contain it, or the request goes to the signed
/// host.
pub fn endpoint(data: &[u8]) {
    let Ok(input) = str::from_utf8(data) else {
        return;
    };
    if text::fails_debug_assertion(input) {
        return;
    }
    let (host, url) = match testing::endpoint(input, QUERY) {
        Ok(accepted) => accepted,
        Err(error) => {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidParameter, 0));
            text::check_single_line("message", error.message());
            text::check_hides("message", error.message(), PASSWORD);
            return;
        }
    };
    let (scheme, _) = url.split_once("://").expect("a URL has a scheme");
    assert!(scheme == "https" || scheme == "http" && is_loopback(&host), "{url} would expose the request");
    assert!(host.bytes().all(|byte| byte.is_ascii_graphic() && !b"@/\\?#%".contains(&byte)), "{host:?}");
    assert_eq!(host, host.to_ascii_lowercase());
    assert_eq!(url, format!("{scheme}://{host}/?{QUERY}"), "the signed host differs from the URL's");

    // The HTTP library parses the URL again, with another parser.
    let sent: http::Uri = url.parse().unwrap_or_else(|error| panic!("{url} cannot be sent: {error}"));
    assert_eq!(sent.authority().map(|authority| authority.as_str()), Some(host.as_str()));
    assert_eq!(sent.query(), Some(QUERY));
    http::HeaderValue::from_str(&host).expect("the host fits into a header");

    let again =
        testing::endpoint(&format!("{scheme}://{host}"), QUERY).expect("an accepted endpoint is accepted again");
    assert_eq!(again, (host, url));
}

fn is_loopback(host: &str) -> bool {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let name = if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host };
    let address = name.parse::<Ipv4Addr>().is_ok_and(|address| address.octets().starts_with(&[127]));
    name == "localhost" || address || name == format!("[{}]", Ipv6Addr::LOCALHOST)
}
