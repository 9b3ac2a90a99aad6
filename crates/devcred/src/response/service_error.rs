//! What the service says when it refuses, in JSON or in XML.

use reqwest::Url;
use zeroize::Zeroizing;

use super::Fields;
use crate::error_code::known_part;
use crate::redact::redact;
use crate::secret::Secret;
use crate::text::single_line;

/// The longest message that is passed on, in characters.
const MESSAGE_MAX_CHARS: usize = 1000;

/// The members of `AccessDeniedDetail` that show which RAM permission is missing.
const ACCESS_DENIED: [&str; 3] = ["AuthAction", "NoPermissionType", "PolicyType"];

pub(super) struct ServiceError {
    pub code: String,
    /// The message as it came: with line feeds, and for a refused signature with the service's side
    /// of the computation, security token included.
    pub full_message: Zeroizing<String>,
    pub request_id: Option<String>,
    pub help_url: Option<String>,
    access_denied: Vec<(&'static str, String)>,
}

impl ServiceError {
    /// Reads a JSON error. Some products of the vendor use lower-case names.
    pub(super) fn from_json(fields: &Fields) -> Option<Self> {
        let text = |names: [&str; 2]| names.iter().find_map(|name| fields.optional_text(name));
        let code = text(["Code", "code"])?;
        let detail = fields.object("AccessDeniedDetail").ok();
        let denied = |name| Some((name, detail.as_ref()?.optional_text(name)?));
        let access_denied = ACCESS_DENIED.into_iter().filter_map(denied).collect();
        Self::new(
            code,
            text(["Message", "message"]),
            text(["RequestId", "requestId"]),
            fields.optional_text("Recommend"),
            access_denied,
        )
    }

    /// Reads an XML error, which the gateway sends if JSON was not requested. Four tags are enough.
    pub(super) fn from_xml(body: &[u8]) -> Option<Self> {
        let body = std::str::from_utf8(body).ok()?;
        let (_, error) = body.split_once("<Error>")?;
        let text = |tag| xml_text(error, tag);
        Self::new(text("Code")?, text("Message"), text("RequestId"), text("Recommend"), Vec::new())
    }

    fn new(
        code: String,
        message: Option<String>,
        request_id: Option<String>,
        help_url: Option<String>,
        access_denied: Vec<(&'static str, String)>,
    ) -> Option<Self> {
        let is_code = (1..=128).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        // Some operations put a success code in the same field.
        if !is_code || matches!(code.as_str(), "200" | "OK" | "Success") {
            return None;
        }
        let help_url = help_url.and_then(|url| vendor_page(&url));
        let full_message = Zeroizing::new(message.unwrap_or_default());
        Some(Self { code, full_message, request_id, help_url, access_denied })
    }

    /// Removes a code that contains one of these secrets. If the table knows the family of the
    /// code, the family's name remains.
    pub(super) fn without(self, secrets: &[&Secret]) -> Option<Self> {
        let known = known_part(&self.code);
        let is_repeated = |secret: &&Secret| self.code.contains(secret.reveal()) && !known.contains(secret.reveal());
        let code = if secrets.iter().any(is_repeated) { known } else { &self.code };
        (!code.is_empty()).then(|| Self { code: code.to_owned(), ..self })
    }

    /// Returns the message in one line, without these secrets.
    pub(super) fn message(&self, secrets: &[&Secret]) -> String {
        let line = Zeroizing::new(single_line(&self.full_message));
        let message = shortened(&redact(own_part(&self.code, &line), secrets.iter().copied()));
        if message.is_empty() { "the service sent no message".to_owned() } else { message }
    }

    /// Returns RAM's denial details, one line each, without these secrets.
    pub(super) fn access_denied(&self, secrets: &[&Secret]) -> Vec<(&'static str, String)> {
        let denied = self.access_denied.iter();
        denied.map(|(name, value)| (*name, shortened(&redact(&single_line(value), secrets.iter().copied())))).collect()
    }
}

/// The message for a refused signature also contains the service's string to sign, with the
/// security token. The advice reports the relevant part.
fn own_part<'a>(code: &str, line: &'a str) -> &'a str {
    if code != "SignatureDoesNotMatch" {
        return line;
    }
    if line.starts_with("server ") { "" } else { line.split(" server ").next().unwrap_or(line) }
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(MESSAGE_MAX_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// Returns the URL if it is on one of the vendor's domains, as the URL parser writes it: the parser
/// drops line feeds and other control characters, which must not reach a terminal.
fn vendor_page(url: &str) -> Option<String> {
    // The parser is not asked about other hosts: in a debug build it panics at some that are in
    // Punycode (idna 1.1.0).
    let authority = url.trim_start().strip_prefix("https://")?.split(['/', '?', '#']).next()?;
    let is_plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    if !is_plain || authority.to_ascii_lowercase().contains("xn--") {
        return None;
    }
    let url = Url::parse(url).ok()?;
    let host = url.host_str().unwrap_or_default();
    let is_of = |domain: &str| host.strip_suffix(domain).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'));
    (url.scheme() == "https" && (is_of("aliyun.com") || is_of("alibabacloud.com"))).then(|| url.into())
}

fn xml_text(xml: &str, tag: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{tag}>"))?;
    let (text, _) = rest.split_once(&format!("</{tag}>"))?;
    // Room for the whole of it, so that the buffer need not grow and leave copies of a secret
    // behind.
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split('&');
    plain += parts.next().unwrap_or_default();
    for part in parts {
        match part.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest))) {
            Some((character, rest)) => {
                plain.push(character);
                plain += rest;
            }
            None => {
                plain.push('&');
                plain += part;
            }
        }
    }
    Some(plain)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "amp" => Some('&'),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(number) => u32::from_str_radix(number, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)
        }
    }
}
