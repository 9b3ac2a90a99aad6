//! An endpoint that the caller gave.

use std::net::{Ipv4Addr, Ipv6Addr};

use devcred::{ErrorKind, testing};

use crate::text;

const QUERY: &str = "ClientId=GID_test%40%40%40test&InstanceId=post-cn-0pp12gl0001";

/// A password in an endpoint of the corpus.
const PASSWORD: &str = "p4ssw0rd";

/// An endpoint is refused, without being repeated, or the request goes to the very host that is signed.
pub fn endpoint(data: &[u8]) {
    let Ok(given) = str::from_utf8(data) else {
        return;
    };
    if text::trips_the_url_parser(given) {
        return;
    }
    let (host, url) = match testing::endpoint(given, QUERY) {
        Ok(accepted) => accepted,
        Err(error) => {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidParameter, 0));
            text::is_one_line("message", error.message());
            text::hides("message", error.message(), PASSWORD);
            return;
        }
    };
    let (scheme, _) = url.split_once("://").expect("a URL has a scheme");
    assert!(scheme == "https" || scheme == "http" && is_loopback(&host), "{url} is not safe from readers");
    assert!(host.bytes().all(|byte| byte.is_ascii_graphic() && !b"@/\\?#%".contains(&byte)), "{host:?}");
    assert_eq!(host, host.to_ascii_lowercase());
    assert_eq!(url, format!("{scheme}://{host}/?{QUERY}"), "the signed host is not the URL's");

    // The HTTP library reads the URL again, by rules of its own.
    let sent: http::Uri = url.parse().unwrap_or_else(|error| panic!("{url} cannot be sent: {error}"));
    assert_eq!(sent.authority().map(|authority| authority.as_str()), Some(host.as_str()));
    assert_eq!(sent.query(), Some(QUERY));
    http::HeaderValue::from_str(&host).expect("the host fits into a header");

    let again =
        testing::endpoint(&format!("{scheme}://{host}"), QUERY).expect("what was accepted once is accepted again");
    assert_eq!(again, (host, url));
}

fn is_loopback(host: &str) -> bool {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let name = if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host };
    let address = name.parse::<Ipv4Addr>().is_ok_and(|address| address.octets().starts_with(&[127]));
    name == "localhost" || address || name == format!("[{}]", Ipv6Addr::LOCALHOST)
}
