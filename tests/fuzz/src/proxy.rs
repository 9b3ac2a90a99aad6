//! The variables `HTTPS_PROXY` and `NO_PROXY`.

use std::ffi::OsString;

use devcred::{ErrorKind, testing};

use crate::text;

/// A password in a proxy's URL of the corpus.
const PASSWORD: &str = "p4ssw0rd";

const SERVICE: &str = "https://onsmqtt.cn-hangzhou.aliyuncs.com";

/// The lines are `HTTPS_PROXY`, `NO_PROXY` and the endpoint, which may be left out. A value is refused without being
/// repeated, or the proxy is a host with a port; `NO_PROXY` can only take the proxy away, and does so for the host itself.
pub fn proxy(data: &[u8]) {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let [url, exceptions] = [lines.next(), lines.next()].map(|line| os_string(line.unwrap_or_default()));
    let endpoint = lines.next().and_then(|line| str::from_utf8(line).ok()).unwrap_or(SERVICE);
    if text::trips_the_url_parser(endpoint) || url.to_str().is_some_and(text::trips_the_url_parser) {
        return;
    }
    let Ok((host, _)) = testing::endpoint(endpoint, "") else {
        return;
    };
    let choose = |exceptions: &OsString| {
        testing::proxy(endpoint, vec![("HTTPS_PROXY", url.clone()), ("NO_PROXY", exceptions.clone())])
    };
    let without_exceptions = choose(&OsString::new());
    let chosen = choose(&exceptions);

    for (variable, result) in [("HTTPS_PROXY", &without_exceptions), ("NO_PROXY", &chosen)] {
        match result {
            Ok(None) => {}
            Ok(Some((proxy, named_by))) => {
                assert_eq!(*named_by, "HTTPS_PROXY");
                is_host_and_port(proxy);
            }
            Err(error) => {
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidParameter, 0));
                let names_it = [variable, "HTTPS_PROXY"].iter().any(|name| error.message().starts_with(name));
                assert!(names_it, "{error}");
                text::is_one_line("message", error.message());
                text::hides("error", &format!("{error} {error:?}"), PASSWORD);
            }
        }
    }
    if let (Ok(before), Ok(Some(after))) = (&without_exceptions, &chosen) {
        assert_eq!(before.as_ref(), Some(after), "NO_PROXY selected another proxy");
    }
    if without_exceptions.is_err() {
        // The endpoint's own host is an exception, or the value that names no proxy is refused: no third way.
        assert!(matches!(chosen, Err(_) | Ok(None)), "{chosen:?}");
    }
    if url.is_empty() {
        assert_eq!(chosen.expect("an empty variable counts as unset"), None);
    }
    // A value that is not Unicode is refused for that.
    if let (Some(exceptions), Some(_)) = (exceptions.to_str(), url.to_str()) {
        let extended = OsString::from(format!("{},{exceptions}", without_port(&host)));
        assert_eq!(choose(&extended).expect("the host is an exception"), None, "{extended:?}");
    }
}

fn is_host_and_port(proxy: &str) {
    let (host, port) = proxy.rsplit_once(':').expect("the port is part of it");
    assert!(port.parse::<u16>().is_ok(), "{proxy}");
    assert!(
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"@/?#".contains(&byte)),
        "{proxy}"
    );
}

/// The host as `NO_PROXY` has it: an IPv6 address is not in brackets there.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    }
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
