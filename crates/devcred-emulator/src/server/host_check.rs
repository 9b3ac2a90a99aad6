//! Keeps web pages out.
//!
//! A page can make a browser send requests to loopback. The browser marks most of them: with an
//! `Origin`; with a `Host` that is not loopback, if the page uses a name that resolves to loopback;
//! and with a `Sec-Fetch-Site` on a plain GET, such as for an image or a link, which has neither.
//! Browsers from before 2023 may not send the last one.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use crate::service::error::Refusal;

/// Refuses a request that a web page may have sent. `name` is accepted like loopback.
pub(crate) fn check(headers: &HeaderMap, name: Option<&str>) -> Result<(), Refusal> {
    if headers.contains_key(ORIGIN) {
        return Err(refusal("requests with an Origin header"));
    }
    if !is_sent_by_user(headers) {
        return Err(refusal("requests that another web page makes a browser send"));
    }
    let mut hosts = headers.get_all(HOST).iter().peekable();
    let is_allowed =
        |host: &str| is_loopback(host) || name.is_some_and(|name| without_port(host).eq_ignore_ascii_case(name));
    let are_allowed = hosts.peek().is_some() && hosts.all(|host| host.to_str().is_ok_and(is_allowed));
    if are_allowed { Ok(()) } else { Err(refusal("requests whose Host is not loopback")) }
}

/// Returns whether no web page of another origin caused the request.
///
/// Programs other than browsers send neither header. A browser sends `none` when its user enters
/// the address, and `same-origin` for what a page of the emulator loads.
fn is_sent_by_user(headers: &HeaderMap) -> bool {
    let is = |name, expected: &str| headers.get_all(name).iter().all(|value| value == expected);
    is("sec-fetch-site", "same-origin") || is("sec-fetch-site", "none") && is("sec-fetch-mode", "navigate")
}

/// The service has no such rule and no such code.
fn refusal(what: &str) -> Refusal {
    let refusal = Refusal::new("Emulator.NotLoopback").with_message(format!("The emulator refuses {what}."));
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

    fn is_allowed(headers: &[(&'static str, &'static str)]) -> bool {
        is_allowed_with(None, headers)
    }

    fn is_allowed_with(name: Option<&str>, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter();
        let headers: HeaderMap =
            headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        check(&headers, name).is_ok()
    }

    #[test]
    fn only_a_loopback_host_is_allowed() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:8083", "127.9.9.9", "[::1]:8083", "[::1]"] {
            assert!(is_allowed(&[("host", host)]), "{host}");
        }
        for host in ["", "example.com", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "[::2]:80", "::1"]
        {
            assert!(!is_allowed(&[("host", host)]), "{host}");
        }
        assert!(!is_allowed(&[]));
        assert!(!is_allowed(&[("host", "localhost"), ("host", "example.com")]));
    }

    #[test]
    fn the_configured_name_is_allowed_too() {
        for host in ["service.test", "SERVICE.test:443", "localhost"] {
            assert!(is_allowed_with(Some("service.test"), &[("host", host)]), "{host}");
        }
        for host in ["other.test", "x.service.test", "service.test.example.com"] {
            assert!(!is_allowed_with(Some("service.test"), &[("host", host)]), "{host}");
        }
        assert!(!is_allowed(&[("host", "service.test")]));
    }

    #[test]
    fn an_origin_is_refused() {
        assert!(!is_allowed(&[("host", "localhost"), ("origin", "http://localhost")]));
        assert!(!is_allowed(&[("host", "localhost"), ("origin", "null")]));
    }

    #[test]
    fn another_page_is_refused() {
        for (site, mode, expected) in [
            ("cross-site", "no-cors", false),
            ("cross-site", "navigate", false),
            ("same-site", "cors", false),
            ("none", "no-cors", false),
            ("none", "navigate", true),
            ("same-origin", "no-cors", true),
        ] {
            let headers = [("host", "localhost"), ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
            assert_eq!(is_allowed(&headers), expected, "{site} {mode}");
        }
        assert!(!is_allowed(&[
            ("host", "localhost"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
        ]));
    }
}
