//! What keeps web pages out. A page can make a browser send requests to loopback, but not without an `Origin` header or,
//! by a name of its own that it lets point to loopback, a `Host` that is not loopback.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use crate::error::Refusal;

/// `name` is let in as if it were loopback.
pub(crate) fn check(headers: &HeaderMap, name: Option<&str>) -> Result<(), Refusal> {
    if headers.contains_key(ORIGIN) {
        return Err(refusal("requests with an Origin header"));
    }
    let mut hosts = headers.get_all(HOST).iter().peekable();
    let is_ours =
        |host: &str| is_loopback(host) || name.is_some_and(|name| without_port(host).eq_ignore_ascii_case(name));
    let are_ours = hosts.peek().is_some() && hosts.all(|host| host.to_str().is_ok_and(is_ours));
    if are_ours { Ok(()) } else { Err(refusal("requests whose Host is not loopback")) }
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
    let name = without_port(host);
    name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn without_port(host: &str) -> &str {
    host.split_once(':').map_or(host, |(name, _port)| name)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::check;

    fn is_let_in(headers: &[(&'static str, &'static str)]) -> bool {
        is_let_in_beside(None, headers)
    }

    fn is_let_in_beside(name: Option<&str>, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter();
        let headers: HeaderMap =
            headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        check(&headers, name).is_ok()
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
    fn one_name_more_is_let_in_where_there_is_one() {
        for host in ["service.test", "SERVICE.test:443", "localhost"] {
            assert!(is_let_in_beside(Some("service.test"), &[("host", host)]), "{host}");
        }
        for host in ["other.test", "x.service.test", "service.test.example.com"] {
            assert!(!is_let_in_beside(Some("service.test"), &[("host", host)]), "{host}");
        }
        assert!(!is_let_in(&[("host", "service.test")]));
    }

    #[test]
    fn an_origin_is_not_let_in() {
        assert!(!is_let_in(&[("host", "localhost"), ("origin", "http://localhost")]));
        assert!(!is_let_in(&[("host", "localhost"), ("origin", "null")]));
    }
}
