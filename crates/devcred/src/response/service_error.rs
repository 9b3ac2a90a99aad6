//! What the service says when it refuses, in JSON or in XML.

use reqwest::Url;

use super::Fields;
use crate::secret::{Secret, cut_out};

/// The longest message that is passed on, in characters.
const MESSAGE_MAX_CHARS: usize = 1000;

/// The members of `AccessDeniedDetail` that tell a RAM policy's author what is missing.
const ACCESS_DENIED: [&str; 3] = ["AuthAction", "NoPermissionType", "PolicyType"];

pub(super) struct ServiceError {
    pub code: String,
    /// The message as it came: with line feeds, and for a refused signature with the service's side of the computation.
    pub full_message: String,
    pub request_id: Option<String>,
    pub help_url: Option<String>,
    access_denied: Vec<(&'static str, String)>,
}

impl ServiceError {
    /// An error body. Some products of the vendor answer with lower-case names.
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

    /// The same in XML, which the gateway answers where it was not asked for JSON: four tags are enough.
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
        // Some operations of the product say how well they did in the same member.
        if !is_code || matches!(code.as_str(), "200" | "OK" | "Success") {
            return None;
        }
        let help_url = help_url.and_then(|url| vendor_page(&url));
        Some(Self { code, full_message: message.unwrap_or_default(), request_id, help_url, access_denied })
    }

    /// The message in one line, without these secrets.
    pub(super) fn message(&self, secrets: &[&Secret]) -> String {
        let line = in_one_line(&self.full_message);
        let message = shortened(&cut_out(own_part(&self.code, &line), secrets.iter().copied()));
        if message.is_empty() { "the service gave no message".to_owned() } else { message }
    }

    /// What RAM missed, each in one line, without these secrets.
    pub(super) fn access_denied(&self, secrets: &[&Secret]) -> Vec<(&'static str, String)> {
        let denied = self.access_denied.iter();
        denied.map(|(name, value)| (*name, shortened(&cut_out(&in_one_line(value), secrets.iter().copied())))).collect()
    }
}

/// A refused signature's message goes on with the service's side of the computation, security token included. What of it
/// matters is said by the advice.
fn own_part<'a>(code: &str, line: &'a str) -> &'a str {
    if code != "SignatureDoesNotMatch" {
        return line;
    }
    if line.starts_with("server ") { "" } else { line.split(" server ").next().unwrap_or(line) }
}

fn in_one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(MESSAGE_MAX_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// The URL, if it is one of the vendor's, as the URL parser writes it: it reads past line feeds and other control
/// characters, which must not reach a terminal.
fn vendor_page(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str().unwrap_or_default();
    let is_of = |domain: &str| host.strip_suffix(domain).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'));
    (url.scheme() == "https" && (is_of("aliyun.com") || is_of("alibabacloud.com"))).then(|| url.into())
}

fn xml_text(xml: &str, tag: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{tag}>"))?;
    let (text, _) = rest.split_once(&format!("</{tag}>"))?;
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Some(entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character)))
}
