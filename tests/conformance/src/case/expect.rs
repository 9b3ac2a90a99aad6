//! `expect`: what the caller must see, and the emulator.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Deserialize;

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It returns the credential.
    Ok,
    /// It returns an error of the library.
    Error,
    /// It is cancelled.
    Cancelled,
}

impl Outcome {
    /// Returns the name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Error => "error",
            Outcome::Cancelled => "cancelled",
        }
    }
}

/// The expected value of a key of the probe's answer. A text may contain the placeholders `{host}`,
/// `{proxy}` and `{port}`, and the wildcards `{time}`, `{seconds}` and `{*}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Expected {
    Flag(bool),
    Number(i64),
    Text(String),
}

impl Expected {
    /// Returns the value as text, as in the probe's answer.
    pub fn text(&self) -> String {
        match self {
            Expected::Flag(flag) => flag.to_string(),
            Expected::Number(number) => number.to_string(),
            Expected::Text(text) => text.clone(),
        }
    }
}

/// The keys of an answer with a credential.
pub(crate) const CREDENTIAL_KEYS: &[&str] = &[
    "client_id",
    "instance_id",
    "device_access_key_id",
    "device_access_key_secret",
    "create_time_ms",
    "update_time_ms",
    "request_id",
    "mqtt_client_id",
    "mqtt_username",
    "mqtt_password",
];
/// The keys of an answer with an error.
pub(crate) const ERROR_KEYS: &[&str] = &[
    "kind",
    "code",
    "message",
    "client_id",
    "instance_id",
    "http_status",
    "request_id",
    "retryable",
    "possibly_billed",
    "retry_after_ms",
    "attempts",
    "help_url",
    "advice",
];

/// Returns the keys that a case may expect: all but the password, which follows from the secret,
/// and the result of replacing the AccessKey.
fn expected_of(keys: &[&'static str]) -> Vec<&'static str> {
    keys.iter().copied().filter(|key| *key != "mqtt_password").chain(["key_refused"]).collect()
}

/// What the caller and the emulator must see. `outcome` and `requests` are required once a row is
/// merged in.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = without_required)]
pub struct Expect {
    /// How the call ends. If there are several: the first that failed.
    pub outcome: Outcome,
    /// Keys of an answer with a credential; `null`: it must be absent.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"enum": expected_of(CREDENTIAL_KEYS)}))]
    pub result: BTreeMap<String, Option<Expected>>,
    /// Keys of an answer with an error; `null`: it must be absent. `code`, `retry_after_ms`,
    /// `help_url` and `advice` must be absent unless they are listed; `retryable` follows from the
    /// kind, and `possibly_billed` from the message, unless they are listed.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"enum": expected_of(ERROR_KEYS)}))]
    pub error: BTreeMap<String, Option<Expected>>,
    /// The number of requests at the emulator; `"ok"`: that of the successful calls.
    pub requests: Requests,
    /// The number of different nonces.
    pub distinct_nonces: Option<usize>,
    /// The number of connections to the emulator. Default: 1 if one call succeeds and every request
    /// had a response.
    pub connections: Option<u64>,
    /// The largest number of connections that may be open at the same time.
    pub peak_connections: Option<u64>,
    /// The number of requests at the proxy.
    pub proxy_requests: Option<usize>,
    /// The number of successful calls, exactly or at least. Default: all or none, depending on the
    /// outcome.
    pub ok: Option<Count>,
    /// The number of failed calls.
    pub failed: Option<u64>,
    /// The AccessKey ids of the requests, in order.
    pub signed_with: Option<Vec<String>>,
    /// The codes with which the emulator refuses invalid requests, in order. Default: none.
    #[serde(default)]
    pub refused: Vec<String>,
    /// How long the call took, by the driver's clock.
    #[serde(default)]
    pub took_ms: Took,
    /// The levels of the library's log events, in order.
    pub log: Option<Vec<Level>>,
}

fn without_required(schema: &mut Schema) {
    schema.remove("required");
}

/// The number of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Requests {
    Exactly(usize),
    AsManyAs(Calls),
}

/// A group of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// The successful ones.
    Ok,
}

impl Requests {
    /// Returns the number, if `ok` calls have succeeded.
    pub fn number(self, ok: usize) -> usize {
        match self {
            Requests::Exactly(number) => number,
            Requests::AsManyAs(Calls::Ok) => ok,
        }
    }
}

/// A number of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Count {
    Exactly(u64),
    Bounded(AtLeast),
}

/// A lower bound: a slow machine may have more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtLeast {
    /// The minimum.
    pub at_least: u64,
}

/// How long a case may take. Leave seconds to the upper bound, because machines are noisy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Took {
    /// The minimum.
    pub at_least: Option<u64>,
    /// The maximum; `--slow` multiplies it.
    pub at_most: Option<u64>,
}

/// The level of a log event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    /// Returns the name that a probe writes.
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }
}

impl Expect {
    /// Checks that the keys exist and fit the outcome.
    pub(super) fn check(&self) -> Result<(), String> {
        let Expect { outcome, result, error, .. } = self;
        for (part, keys, known, fits) in [
            ("result", result, expected_of(CREDENTIAL_KEYS), *outcome == Outcome::Ok),
            ("error", error, expected_of(ERROR_KEYS), *outcome == Outcome::Error),
        ] {
            if let Some(key) = keys.keys().find(|key| !known.contains(&key.as_str())) {
                return Err(format!("`expect.{part}` has no key `{key}`: it has {}", known.join(", ")));
            }
            if !keys.is_empty() && !fits {
                return Err(format!("`expect.{part}` does not fit the outcome `{}`", outcome.name()));
            }
        }
        if *outcome == Outcome::Error && !matches!(error.get("kind"), Some(Some(Expected::Text(_)))) {
            return Err("`expect.error` must name the `kind`".to_owned());
        }
        Ok(())
    }
}
