//! Region, network or override -> URL.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use crate::env::NamedValue;
use crate::error::Error;
use crate::validate::{self, HOST_MAX, LABEL_MAX};

/// The network on which the service is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Network {
    /// `onsmqtt.<region>.aliyuncs.com`, from anywhere.
    #[default]
    Public,
    /// `onsmqtt-vpc.<region>.aliyuncs.com`, from inside a virtual private cloud of the region.
    Vpc,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Network::Public => "public",
            Network::Vpc => "vpc",
        })
    }
}

impl FromStr for Network {
    type Err = Error;

    /// # Errors
    /// `InvalidParameter` for anything but `public` and `vpc`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "public" => Ok(Network::Public),
            "vpc" => Ok(Network::Vpc),
            _ => Err(Error::invalid_parameter("network must be public or vpc")),
        }
    }
}

/// Where requests are sent. The host is as the URL parser writes it, with the port unless it is the
/// scheme's default. This is what is signed and what the `Host` header contains.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    url: Url,
    host: String,
    is_loopback: bool,
    region: Option<String>,
}

impl Endpoint {
    pub(crate) fn from_url(url: &NamedValue) -> Result<Self, Error> {
        Self::parse(url.name, &url.value)
    }

    pub(crate) fn from_region(
        NamedValue { name, value: region }: &NamedValue,
        network: Network,
    ) -> Result<Self, Error> {
        validate::region(name, region)?;
        let product = match network {
            Network::Public => "onsmqtt",
            Network::Vpc => "onsmqtt-vpc",
        };
        let endpoint = Self::parse(name, &format!("https://{product}.{region}.aliyuncs.com"))?;
        Ok(Self { region: Some(region.to_owned()), ..endpoint })
    }

    fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let refused = |problem: &str| {
            Err(Error::invalid_parameter(format!("{name} {problem}; expected https://host or https://host:port")))
        };
        if text.chars().any(|c| c.is_control() || c == '%' || !c.is_ascii()) {
            return refused("contains a control character, % or a non-ASCII character");
        }
        let Ok(url) = Url::parse(text) else {
            return refused("is not a valid URL");
        };
        let Some(host_name) = url.host_str() else {
            return refused("has no host");
        };
        let is_loopback = is_loopback(&url);
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            "http" => {
                return refused("uses plain http for a host other than loopback, which would expose the device secret");
            }
            _ => return refused("has a scheme other than https (http is allowed for loopback only)"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("contains a user name or password");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return refused("must not have a path, query or fragment");
        }
        // The URL parser accepts more than the HTTP library can send.
        if !host_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte)) {
            return refused("has an invalid character in the host name");
        }
        let is_name = |host: &str| host.split('.').all(|label| label.len() <= LABEL_MAX) && host.len() <= HOST_MAX;
        if !is_name(host_name.strip_suffix('.').unwrap_or(host_name)) {
            return refused("has a host name longer than 253 characters, or a label longer than 63");
        }
        let host = match url.port() {
            Some(port) => format!("{host_name}:{port}"),
            None => host_name.to_owned(),
        };
        Ok(Self { host, is_loopback, region: None, url })
    }

    /// Returns the URL of a request with this query, which stays as it was signed.
    pub(crate) fn url(&self, query: &str) -> Url {
        let mut url = self.url.clone();
        url.set_query(Some(query));
        url
    }

    /// Returns `https://host[:port]`, for NO_PROXY.
    pub(crate) fn base(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the signed host, with the port unless it is the scheme's default.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port to connect to.
    pub(crate) fn port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// The region, unless an override is set.
    pub(crate) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

/// `localhost` counts, since the transport resolves it to loopback by itself.
fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG_LABEL: &str = "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com";
    const LONG_HOST: &str = concat!(
        "https://",
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.",
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.",
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.",
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.",
        "example.com"
    );

    fn endpoint(text: &str) -> Result<Endpoint, Error> {
        Endpoint::from_url(&NamedValue::option("endpoint", text))
    }

    #[test]
    fn a_region_and_a_network_give_the_documented_hosts() {
        for (network, host) in [
            (Network::Public, "onsmqtt.cn-hangzhou.aliyuncs.com"),
            (Network::Vpc, "onsmqtt-vpc.cn-hangzhou.aliyuncs.com"),
        ] {
            let endpoint = Endpoint::from_region(&NamedValue::option("region", "cn-hangzhou"), network).unwrap();
            assert_eq!((endpoint.host(), endpoint.region()), (host, Some("cn-hangzhou")));
            assert_eq!(endpoint.base(), format!("https://{host}/"));
            assert!(!endpoint.is_loopback());
        }
    }

    #[test]
    fn an_override_is_signed_as_the_url_parser_wrote_it() {
        for (text, host, loopback) in [
            ("https://onsmqtt.example.com", "onsmqtt.example.com", false),
            ("https://ONSMQTT.example.com/", "onsmqtt.example.com", false),
            ("https://onsmqtt.example.com:443", "onsmqtt.example.com", false),
            ("https://onsmqtt.example.com:8443", "onsmqtt.example.com:8443", false),
            ("http://127.0.0.1:8083", "127.0.0.1:8083", true),
            ("http://127.1:8083", "127.0.0.1:8083", true),
            ("http://127.255.0.3", "127.255.0.3", true),
            ("http://localhost:80", "localhost", true),
            ("http://[::1]:8083", "[::1]:8083", true),
            ("https://[::1]", "[::1]", true),
        ] {
            let endpoint = endpoint(text).unwrap();
            assert_eq!((endpoint.host(), endpoint.is_loopback()), (host, loopback), "{text}");
            assert_eq!(endpoint.region(), None);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, complaint) in [
            ("http://onsmqtt.example.com", "other than loopback"),
            ("http://0.0.0.0", "other than loopback"),
            ("http://localhost.example.com", "other than loopback"),
            ("http://10.0.0.1", "other than loopback"),
            ("ftp://127.0.0.1", "scheme"),
            ("onsmqtt.cn-hangzhou.aliyuncs.com", "is not a valid URL"),
            ("127.0.0.1:8083", "is not a valid URL"),
            ("localhost:8083", "has no host"),
            ("https://", "is not a valid URL"),
            ("https://host/path", "path, query or fragment"),
            ("https://host\\path", "path, query or fragment"),
            ("https://host?", "path, query or fragment"),
            ("https://host#", "path, query or fragment"),
            ("https://user@host", "user name or password"),
            ("https://:s3cr3t@host", "user name or password"),
            ("https://{region}.example.com", "invalid character in the host name"),
            ("https://a`b", "invalid character in the host name"),
            ("https://a\"b", "invalid character in the host name"),
            ("https://a&b", "invalid character in the host name"),
            ("https://ho%73t", "control character, %"),
            (LONG_LABEL, "a label longer than 63"),
            (LONG_HOST, "longer than 253"),
            ("https://hö", "non-ASCII"),
            ("https://host\r\nx: y", "control character"),
        ] {
            let error = endpoint(text).unwrap_err();
            assert!(error.message().starts_with("endpoint ") && error.message().contains(complaint), "{text}: {error}");
            assert!(!error.message().contains("s3cr3t"));
        }
    }

    #[test]
    fn the_signed_query_is_left_as_it_is() {
        let query = "ClientId=%40%2A~%27%28%29%21%20%2B&InstanceId=a-b_c.d";
        assert_eq!(endpoint("http://127.0.0.1:1").unwrap().url(query).query(), Some(query));
    }

    #[test]
    fn a_network_is_public_or_vpc() {
        assert_eq!("vpc".parse::<Network>().unwrap(), Network::Vpc);
        assert_eq!(Network::Public.to_string().parse::<Network>().unwrap(), Network::Public);
        assert!("internal".parse::<Network>().is_err());
    }
}
