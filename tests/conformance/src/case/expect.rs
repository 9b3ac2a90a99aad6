//! `expect`: what the caller must see, and the emulator.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Deserialize;

/// How a call ends, as a probe names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With the credential.
    Ok,
    /// With an error of the library.
    Error,
    /// As the language ends a cancelled call.
    Cancelled,
}

impl Outcome {
    /// The protocol's word.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Error => "error",
            Outcome::Cancelled => "cancelled",
        }
    }
}

/// A value that a key of the probe's answer must have. In a text `{host}`, `{proxy}`, `{port}` stand for this run's,
/// `{time}`, `{seconds}`, `{*}` for any time, number of seconds, text.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Expected {
    Flag(bool),
    Number(i64),
    Text(String),
}

impl Expected {
    /// As it reads in the probe's line.
    pub fn text(&self) -> String {
        match self {
            Expected::Flag(flag) => flag.to_string(),
            Expected::Number(number) => number.to_string(),
            Expected::Text(text) => text.clone(),
        }
    }
}

/// The keys of a probe's answer with a credential.
pub(crate) const OF_A_CREDENTIAL: &[&str] = &[
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
/// The keys of one with an error.
pub(crate) const OF_AN_ERROR: &[&str] =
    &["kind", "code", "message", "http_status", "request_id", "retryable", "attempts", "help_url", "advice"];

/// What a case may say of these: all but the password, which follows from the secret, and what became of a new key.
fn expected_of(keys: &[&'static str]) -> Vec<&'static str> {
    keys.iter().copied().filter(|key| *key != "mqtt_password").chain(["key_refused"]).collect()
}

/// What the caller must see, and the emulator. `outcome` and `requests` are required once a row is merged in.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = without_required)]
pub struct Expect {
    /// How the call ends; of many, the first that did not succeed.
    pub outcome: Outcome,
    /// Keys of the answer to an `ok`; `null`: it must be absent.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"enum": expected_of(OF_A_CREDENTIAL)}))]
    pub result: BTreeMap<String, Option<Expected>>,
    /// Keys of the answer to an `error`; `null`: it must be absent. So must `code`, `help_url` and `advice` be unless they
    /// are named; `retryable` follows from the kind unless it is named.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"enum": expected_of(OF_AN_ERROR)}))]
    pub error: BTreeMap<String, Option<Expected>>,
    /// How many requests arrived at the emulator; `"ok"`: as many as calls succeeded.
    pub requests: Requests,
    /// How many different nonces they had.
    pub distinct_nonces: Option<usize>,
    /// How many connections were made to it. Default: 1 if one call succeeds and every request had a response.
    pub connections: Option<u64>,
    /// How many requests came to the proxy.
    pub proxy_requests: Option<usize>,
    /// How many of the calls succeeded, or how many at least. Default: all or none, as the outcome says.
    pub ok: Option<Count>,
    /// How many of them did not.
    pub failed: Option<u64>,
    /// The AccessKey ids of the requests, in order.
    pub signed_with: Option<Vec<String>>,
    /// The codes with which the emulator is expected to refuse requests that are wrong. Default: none is wrong.
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

/// How many requests arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Requests {
    Exactly(usize),
    AsManyAs(Calls),
}

/// Some of the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// Those that succeeded.
    Ok,
}

impl Requests {
    /// As a number, where so many calls have succeeded.
    pub fn number(self, ok: usize) -> usize {
        match self {
            Requests::Exactly(number) => number,
            Requests::AsManyAs(Calls::Ok) => ok,
        }
    }
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Count {
    Exactly(u64),
    Bounded(AtLeast),
}

/// What may be more on a slow machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtLeast {
    /// The least.
    pub at_least: u64,
}

/// How long something may take. The upper bound is in seconds rather than milliseconds: machines are noisy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Took {
    /// The least.
    pub at_least: Option<u64>,
    /// The most; `--slow` multiplies it.
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
    /// As a probe writes it.
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
    /// Whether the keys exist, and fit the outcome.
    pub(super) fn check(&self) -> Result<(), String> {
        let Expect { outcome, result, error, .. } = self;
        for (part, keys, known, fits) in [
            ("result", result, expected_of(OF_A_CREDENTIAL), *outcome == Outcome::Ok),
            ("error", error, expected_of(OF_AN_ERROR), *outcome == Outcome::Error),
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
