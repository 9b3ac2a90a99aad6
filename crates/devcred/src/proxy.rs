//! Which proxy to use, and which option or variable set it.

use std::borrow::Cow;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use crate::endpoint::Endpoint;
use crate::env::{Env, NamedValue};
use crate::error::Error;

const OFF: &str = "off";

/// The proxy, chosen once, when the client is built. Its URL may contain a password and is never
/// shown.
#[derive(Clone)]
pub(crate) struct Proxy {
    url: Url,
    host: String,
    /// The option or variable that set it.
    pub named_by: &'static str,
}

impl Proxy {
    /// Chooses the proxy. The option overrides the environment, and loopback is never reached
    /// through a proxy.
    ///
    /// # Errors
    /// `InvalidParameter`, with the name of the option or variable, if its value is not a valid
    /// HTTP proxy URL. It is never ignored: a request must not bypass the proxy that was meant.
    pub(crate) fn choose(option: Option<&NamedValue>, env: &Env, endpoint: &Endpoint) -> Result<Option<Self>, Error> {
        match option {
            Some(option) if option.value == OFF => Ok(None),
            Some(option) => Self::parse(option).map(|proxy| (!endpoint.is_loopback()).then_some(proxy)),
            None if endpoint.is_loopback() => Ok(None),
            None => Self::from_env(env, endpoint),
        }
    }

    /// If both spellings of a variable are set, the lower-case one wins, as with curl.
    fn from_env(env: &Env, endpoint: &Endpoint) -> Result<Option<Self>, Error> {
        let Some(proxy) = env.first_of(&["https_proxy", "HTTPS_PROXY"])? else {
            return Ok(None);
        };
        match env.first_of(&["no_proxy", "NO_PROXY"])? {
            Some(exceptions) if is_exception(&exceptions.value, endpoint) => Ok(None),
            _ => Self::parse(&proxy).map(Some),
        }
    }

    fn parse(setting: &NamedValue) -> Result<Self, Error> {
        let bare = |url: &Url| url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        match Url::parse(&with_scheme(&setting.value)) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() && bare(&url) => {
                let host = url.host_str().unwrap_or_default();
                let host = url.port_or_known_default().map_or(host.to_owned(), |port| format!("{host}:{port}"));
                Ok(Self { url, host, named_by: setting.name })
            }
            _ => Err(Error::invalid_parameter(format!(
                "{} is not a valid HTTP proxy URL; expected http://host:port, https://host:port or \
                 http://user:password@host:port (SOCKS is not supported)",
                setting.name
            ))),
        }
    }

    /// Returns `host[:port]`, without user name and password.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn to_reqwest(&self) -> Result<reqwest::Proxy, Error> {
        reqwest::Proxy::all(self.url.clone())
            .map_err(|_| Error::invalid_parameter(format!("{} names a proxy that cannot be used", self.named_by)))
    }
}

/// curl, Go and Python also accept `host:port`. Without the port it could be any word, such as `off`.
fn with_scheme(proxy: &str) -> Cow<'_, str> {
    let host_and_port = proxy.rsplit_once('@').map_or(proxy, |(_, host_and_port)| host_and_port);
    let lacks_scheme = !proxy.contains("://") && with_port(host_and_port).is_some();
    if lacks_scheme { format!("http://{proxy}").into() } else { proxy.into() }
}

/// Applies curl's rules: names with their subdomains, addresses, networks, or `*`; with a port, for
/// that port only.
fn is_exception(exceptions: &str, endpoint: &Endpoint) -> bool {
    let port = endpoint.port();
    let exceptions = exceptions.split(',').filter_map(|exception| match with_port(exception.trim()) {
        Some((host, named)) => (Some(named) == port).then_some(host),
        None => Some(exception),
    });
    let exceptions = exceptions.collect::<Vec<_>>().join(",");
    let any = Matcher::builder().all("http://proxy.invalid").no(exceptions).build();
    endpoint.base().parse().is_ok_and(|uri| any.intercept(&uri).is_none())
}

/// Splits `host:port` or `[address]:port`; an IPv6 address without brackets has no port.
fn with_port(exception: &str) -> Option<(&str, u16)> {
    let (host, port) = exception.rsplit_once(':')?;
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = address.or_else(|| (!host.contains(':')).then_some(host))?;
    Some((host, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(
        endpoint: &str,
        option: Option<&str>,
        variables: &[(&'static str, &'static str)],
    ) -> Result<Option<(String, &'static str)>, Error> {
        let endpoint = Endpoint::from_url(&NamedValue::option("endpoint", endpoint)).unwrap();
        let option = option.map(|value| NamedValue::option("proxy", value));
        let proxy = Proxy::choose(option.as_ref(), &Env::of(variables), &endpoint)?;
        Ok(proxy.map(|proxy| (proxy.host().to_owned(), proxy.named_by)))
    }

    const SERVICE: &str = "https://onsmqtt.cn-hangzhou.aliyuncs.com";

    #[test]
    fn the_option_goes_before_the_environment() {
        let environment = [("HTTPS_PROXY", "http://of.env:3128")];
        let of = |host: &str, named_by| Some((host.to_owned(), named_by));
        assert_eq!(choose(SERVICE, None, &environment).unwrap(), of("of.env:3128", "HTTPS_PROXY"));
        assert_eq!(choose(SERVICE, None, &[("https_proxy", "http://of.env")]).unwrap(), of("of.env:80", "https_proxy"));
        let option = Some("https://user:p4ss@of.option");
        assert_eq!(choose(SERVICE, option, &environment).unwrap(), of("of.option:443", "proxy"));
        assert_eq!(choose(SERVICE, Some("off"), &environment).unwrap(), None);
        assert_eq!(
            choose(SERVICE, None, &[("HTTP_PROXY", "http://of.env"), ("ALL_PROXY", "http://of.env")]).unwrap(),
            None
        );
    }

    #[test]
    fn a_host_and_a_port_are_a_proxy_of_http() {
        for (value, host) in [
            ("of.env:3128", "of.env:3128"),
            ("of.env:80", "of.env:80"),
            ("127.0.0.1:3128", "127.0.0.1:3128"),
            ("[::1]:3128", "[::1]:3128"),
            ("user:p4ss@of.env:3128", "of.env:3128"),
            ("http://user:p4ss@of.env:3128", "of.env:3128"),
        ] {
            let proxy = choose(SERVICE, None, &[("HTTPS_PROXY", value)]).unwrap();
            assert_eq!(proxy, Some((host.to_owned(), "HTTPS_PROXY")), "{value}");
        }
    }

    #[test]
    fn loopback_is_never_reached_through_a_proxy() {
        for endpoint in ["http://127.0.0.1:1", "http://localhost:1", "https://[::1]:1"] {
            assert_eq!(choose(endpoint, None, &[("HTTPS_PROXY", "http://of.env")]).unwrap(), None);
            assert_eq!(choose(endpoint, Some("http://of.option"), &[]).unwrap(), None);
            assert!(choose(endpoint, Some("socks5://of.option"), &[]).is_err());
        }
    }

    #[test]
    fn no_proxy_takes_hosts_out() {
        for (no_proxy, direct) in [
            ("*", true),
            ("aliyuncs.com", true),
            (".aliyuncs.com", true),
            ("example.com, onsmqtt.cn-hangzhou.aliyuncs.com", true),
            ("liyuncs.com", false),
            ("example.com", false),
            ("", false),
            ("onsmqtt.cn-hangzhou.aliyuncs.com:443", true),
            ("example.com, aliyuncs.com:443", true),
            ("onsmqtt.cn-hangzhou.aliyuncs.com:8443", false),
            ("onsmqtt.cn-hangzhou.aliyuncs.com:x", false),
        ] {
            for variable in ["NO_PROXY", "no_proxy"] {
                let environment = [("HTTPS_PROXY", "http://of.env"), (variable, no_proxy)];
                assert_eq!(choose(SERVICE, None, &environment).unwrap().is_none(), direct, "{no_proxy}");
            }
        }
        let network = [("HTTPS_PROXY", "http://of.env"), ("NO_PROXY", "10.0.0.0/8")];
        assert_eq!(choose("https://10.1.2.3", None, &network).unwrap(), None);
        assert!(choose("https://11.1.2.3", None, &network).unwrap().is_some());
        let of_port = [("HTTPS_PROXY", "http://of.env"), ("NO_PROXY", "[2001:db8::1]:8443,10.1.2.3:8443,2001:db8::2")];
        for endpoint in ["https://[2001:db8::1]:8443", "https://10.1.2.3:8443", "https://[2001:db8::2]"] {
            assert_eq!(choose(endpoint, None, &of_port).unwrap(), None, "{endpoint}");
        }
        for endpoint in ["https://[2001:db8::1]", "https://10.1.2.3"] {
            assert!(choose(endpoint, None, &of_port).unwrap().is_some(), "{endpoint}");
        }
    }

    #[test]
    fn the_lower_case_variable_wins() {
        let both = [("HTTPS_PROXY", "http://upper"), ("https_proxy", "http://lower")];
        assert_eq!(choose(SERVICE, None, &both).unwrap(), Some(("lower:80".to_owned(), "https_proxy")));
        let exceptions = [both[0], ("NO_PROXY", "*"), ("no_proxy", "example.com")];
        assert!(choose(SERVICE, None, &exceptions).unwrap().is_some());
    }

    #[test]
    fn a_value_that_names_no_http_proxy_is_refused_by_name_and_not_repeated() {
        for bad in [
            "socks5://p4ss:1080",
            "p4ss",
            "p4ss@proxy",
            "proxy:p4ss",
            "proxy:3128/p4ss",
            "http://",
            "http://p4ss/path",
            "ftp://p4ss",
            "http://p4ss?x",
        ] {
            let error = choose(SERVICE, Some(bad), &[]).unwrap_err();
            assert!(
                error.message().starts_with("proxy is not a valid HTTP proxy URL") && !error.message().contains("p4ss"),
                "{error}"
            );
        }
        let error = choose(SERVICE, None, &[("HTTPS_PROXY", "socks5h://p4ss")]).unwrap_err();
        assert!(error.message().starts_with("HTTPS_PROXY is not a valid HTTP proxy URL"), "{error}");
    }
}
