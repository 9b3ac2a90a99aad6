//! The variables `HTTPS_PROXY` and `NO_PROXY`.

use std::ffi::OsString;

use devcred::{ErrorKind, testing};

use crate::text;

/// A password in a proxy URL of the corpus.
const PASSWORD: &str = "p4ssw0rd";

const SERVICE: &str = "https://onsmqtt.cn-hangzhou.aliyuncs.com";

/// The lines are `HTTPS_PROXY`, `NO_PROXY` and an optional endpoint. A value is refused, and the
/// error does not contain the password, or the proxy is a host with a port. `NO_PROXY` can only
/// disable the proxy, and does so if it contains the host.
pub fn proxy(data: &[u8]) {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let [url, exceptions] = [lines.next(), lines.next()].map(|line| os_string(line.unwrap_or_default()));
    let endpoint = lines.next().and_then(|line| str::from_utf8(line).ok()).unwrap_or(SERVICE);
    if text::fails_debug_assertion(endpoint) || url.to_str().is_some_and(text::fails_debug_assertion) {
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
            Ok(Some((proxy, variable_name))) => {
                assert_eq!(*variable_name, "HTTPS_PROXY");
                check_host_and_port(proxy);
            }
            Err(error) => {
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidParameter, 0));
                let names_variable = [variable, "HTTPS_PROXY"].iter().any(|name| error.message().starts_with(name));
                assert!(names_variable, "{error}");
                text::check_single_line("message", error.message());
                text::check_hides("error", &format!("{error} {error:?}"), PASSWORD);
            }
        }
    }
    if let (Ok(before), Ok(Some(after))) = (&without_exceptions, &chosen) {
        assert_eq!(before.as_ref(), Some(after), "NO_PROXY selected another proxy");
    }
    if without_exceptions.is_err() {
        // Either the endpoint's host is an exception, or the invalid value is refused.
        assert!(matches!(chosen, Err(_) | Ok(None)), "{chosen:?}");
    }
    if url.is_empty() {
        assert_eq!(chosen.expect("an empty variable counts as unset"), None);
    }
    // Values that are not Unicode are refused.
    if let (Some(exceptions), Some(_)) = (exceptions.to_str(), url.to_str()) {
        let extended = OsString::from(format!("{},{exceptions}", without_port(&host)));
        assert_eq!(choose(&extended).expect("the host is an exception"), None, "{extended:?}");
    }
}

fn check_host_and_port(proxy: &str) {
    let (host, port) = proxy.rsplit_once(':').expect("the proxy has a port");
    assert!(port.parse::<u16>().is_ok(), "{proxy}");
    assert!(
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"@/?#".contains(&byte)),
        "{proxy}"
    );
}

/// Returns the host as it is written in `NO_PROXY`: an IPv6 address without brackets.
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
