//! What keeps web pages out. A page can make a browser send requests to loopback, but not without an `Origin` header or,
//! by a name of its own that it lets point to loopback, a `Host` that is not loopback.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use crate::error::Refusal;

pub(crate) fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key(ORIGIN) {
        return Err(refusal("requests with an Origin header"));
    }
    let mut hosts = headers.get_all(HOST).iter().peekable();
    let is_loopback = hosts.peek().is_some() && hosts.all(|host| host.to_str().is_ok_and(is_loopback));
    if is_loopback { Ok(()) } else { Err(refusal("requests whose Host is not loopback")) }
}

/// This code is none of the service's: the service has no such rule.
fn refusal(what: &str) -> Refusal {
    let refusal = Refusal::new("Emulator.NotLoopback").message(format!("The emulator refuses {what}."));
    Refusal { status: 403, ..refusal }
}

fn is_loopback(host: &str) -> bool {
    if let Some((address, _port)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    let name = host.split_once(':').map_or(host, |(name, _port)| name);
    name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::check;

    fn is_let_in(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter();
        let headers: HeaderMap =
            headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        check(&headers).is_ok()
    }

    #[test]
    fn only_a_loopback_host_is_let_in() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:8083", "127.9.9.9", "[::1]:8083", "[::1]"] {
            assert!(is_let_in(&[("host", host)]), "{host}");
        }
        for host in ["", "example.com", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "[::2]:80", "::1"]
        {
            assert!(!is_let_in(&[("host", host)]), "{host}");
        }
        assert!(!is_let_in(&[]));
        assert!(!is_let_in(&[("host", "localhost"), ("host", "example.com")]));
    }

    #[test]
    fn an_origin_is_not_let_in() {
        assert!(!is_let_in(&[("host", "localhost"), ("origin", "http://localhost")]));
        assert!(!is_let_in(&[("host", "localhost"), ("origin", "null")]));
    }
}
