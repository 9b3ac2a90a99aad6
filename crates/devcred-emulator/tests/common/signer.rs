//! Signs requests step by step.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use devcred_emulator::Emulator;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{ID, Request, Response, SECRET, encode, nonce, timestamp};

pub struct Acs3 {
    pub method: &'static str,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub access_key_id: String,
    pub secret: String,
    unsigned: Vec<&'static str>,
    path: &'static str,
    address: SocketAddr,
}

impl Acs3 {
    pub fn new(emulator: &Emulator, action: &str) -> Self {
        let headers = [
            ("host", emulator.address().to_string()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-version", "2020-04-20".to_owned()),
            ("x-acs-date", timestamp(SystemTime::now())),
            ("x-acs-signature-nonce", nonce()),
        ];
        Self {
            method: "POST",
            query: BTreeMap::new(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: String::new(),
            access_key_id: ID.to_owned(),
            secret: SECRET.to_owned(),
            unsigned: Vec::new(),
            path: "/",
            address: emulator.address(),
        }
    }

    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.query.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn without_parameter(mut self, name: &str) -> Self {
        self.query.remove(name);
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Sends the header without signing it.
    pub fn unsigned(mut self, name: &'static str) -> Self {
        self.unsigned.push(name);
        self
    }

    pub fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    pub fn key(self, id: &str, secret: &str) -> Self {
        Self { access_key_id: id.to_owned(), secret: secret.to_owned(), ..self }
    }

    pub fn token(self, token: &str) -> Self {
        let id = self.access_key_id.clone();
        self.header("x-acs-accesskey-id", &id).header("x-acs-security-token", token)
    }

    /// Moves the parameters from the query into a form.
    pub fn with_form(mut self) -> Self {
        self.body = join(&self.query);
        self.query.clear();
        self.header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
    }

    pub fn sign(mut self) -> Request {
        let payload_hash = hex(&Sha256::digest(&self.body));
        self.headers.entry("x-acs-content-sha256".to_owned()).or_insert_with(|| payload_hash.clone());
        let signed: Vec<_> = self.headers.iter().filter(|(name, _)| !self.unsigned.contains(&name.as_str())).collect();
        let names: Vec<&str> = signed.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let query = join(&self.query);
        let canonical = format!("{}\n{}\n{query}\n{lines}\n{names}\n{payload_hash}", self.method, self.path);
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical)));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(to_sign.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", self.access_key_id);
        self.headers.insert("authorization".to_owned(), authorization);
        Request {
            line: format!("{} {}{} HTTP/1.1", self.method, self.path, question(&query)),
            headers: self.headers,
            body: self.body,
            address: self.address,
        }
    }

    pub async fn send(self) -> Response {
        self.sign().send().await
    }
}

pub struct Rpc {
    pub method: &'static str,
    pub parameters: BTreeMap<String, String>,
    pub secret: String,
    is_form: bool,
    address: SocketAddr,
}

impl Rpc {
    pub fn new(emulator: &Emulator, action: &str) -> Self {
        let parameters = [
            ("Action", action.to_owned()),
            ("Version", "2020-04-20".to_owned()),
            ("Format", "JSON".to_owned()),
            ("AccessKeyId", ID.to_owned()),
            ("SignatureMethod", "HMAC-SHA1".to_owned()),
            ("SignatureVersion", "1.0".to_owned()),
            ("SignatureNonce", nonce()),
            ("Timestamp", timestamp(SystemTime::now())),
        ];
        Self {
            method: "POST",
            parameters: parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            secret: SECRET.to_owned(),
            is_form: false,
            address: emulator.address(),
        }
    }

    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn without_parameter(mut self, name: &str) -> Self {
        self.parameters.remove(name);
        self
    }

    pub fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub fn with_form(self) -> Self {
        Self { is_form: true, ..self }
    }

    pub fn sign(self) -> Request {
        let to_sign = format!("{}&%2F&{}", self.method, encode(&join(&self.parameters)));
        let mut mac = Hmac::<Sha1>::new_from_slice(format!("{}&", self.secret).as_bytes()).unwrap();
        mac.update(to_sign.as_bytes());
        let mut parameters = self.parameters;
        parameters.insert("Signature".to_owned(), BASE64.encode(mac.finalize().into_bytes()));
        let parameters = join(&parameters);
        let mut headers = BTreeMap::from([("host".to_owned(), self.address.to_string())]);
        let (query, body) = if self.is_form {
            headers.insert("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
            (String::new(), parameters)
        } else {
            (parameters, String::new())
        };
        Request {
            line: format!("{} /{} HTTP/1.1", self.method, question(&query)),
            headers,
            body,
            address: self.address,
        }
    }

    pub async fn send(self) -> Response {
        self.sign().send().await
    }
}

fn join(parameters: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

fn question(query: &str) -> String {
    if query.is_empty() { String::new() } else { format!("?{query}") }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
