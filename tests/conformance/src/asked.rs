//! From a case and its running server to what the probe is told.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::canary::Canaries;
use crate::case::{Call, CallForm, Case};
use crate::line::Line;
use crate::server::Running;

const CLIENT_ID: &str = "GID_test@@@test";
const INSTANCE_ID: &str = "post-cn-0pp12gl****";
/// The operation of a line that names none.
const OPERATION: &str = "GetDeviceCredential";

/// The variables from which a client takes what the driver gives by default.
const VARIABLES: &[(&str, &str)] = &[
    ("access_key_id", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    ("access_key_secret", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    ("security_token", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ("endpoint", "DEVCRED_ENDPOINT"),
    ("instance_id", "DEVCRED_INSTANCE_ID"),
];

/// The library's own timeout, for the limit of a case that sets none.
const DEFAULT_TIMEOUT_MS: u64 = 15_000;
/// A case may ask for a timeout of a day to see it refused.
const LONGEST_MS: u64 = 60_000;

/// What a probe is told.
pub(crate) struct Asked {
    /// The line.
    pub(crate) line: Line,
    /// The variables of the probe.
    pub(crate) environment: BTreeMap<String, String>,
    /// Every secret in them.
    pub(crate) secrets: Canaries,
    /// How long all of it may take by its own deadlines.
    pub(crate) longest: Duration,
    /// The operation that is called.
    pub(crate) operation: String,
    /// The devices of one round, in order.
    pub(crate) client_ids: Vec<String>,
    /// The instance that is asked.
    pub(crate) instance_id: String,
    /// How many calls that makes in all.
    pub(crate) calls: u64,
}

impl Asked {
    pub(crate) fn new(name: &str, case: &Case, server: &Running) -> Self {
        let Call { written, form } = &case.call;
        let placeholders = server.placeholders();
        let filled =
            |text: &str| placeholders.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value));

        let (mut line, mut environment) = (Line::default(), BTreeMap::new());
        line.set("case", name);
        let own = [("client_id", CLIENT_ID.to_owned()), ("instance_id", INSTANCE_ID.to_owned())];
        for (key, value) in server.defaults().into_iter().chain(own) {
            let variable = VARIABLES.iter().find(|(option, _)| form.from_env == Some(true) && *option == key);
            match variable {
                _ if written.contains_key(key) => {}
                Some((_, variable)) => drop(environment.insert((*variable).to_owned(), value)),
                None => line.set(key, value),
            }
        }
        for (key, value) in written.iter().filter(|(key, value)| *key != "env" && !value.is_null()) {
            line.set(key, value.as_str().map_or_else(|| value.to_string(), &filled));
        }
        for (name, value) in &form.env {
            match value {
                Some(value) => drop(environment.insert(name.clone(), filled(value))),
                None => drop(environment.remove(name)),
            }
        }

        let mut secrets = Canaries::default();
        server.watch(&case.server, &mut secrets);
        watch(&line, &environment, &mut secrets);
        let operation = line.get("operation").unwrap_or(OPERATION).to_owned();
        let client_id = line.get("client_id").unwrap_or_default().to_owned();
        let calls = u64::from(form.calls.unwrap_or(1));
        let client_ids = match calls {
            1 => vec![client_id],
            _ => (0..calls).map(|number| format!("{client_id}-{number}")).collect(),
        };
        let instance = ["call_instance_id", "instance_id"].iter().find_map(|key| line.get(key));
        let instance_id = instance.or(environment.get("DEVCRED_INSTANCE_ID").map(String::as_str));
        let instance_id = instance_id.unwrap_or_default().to_owned();
        let calls = calls * u64::from(form.repeat.unwrap_or(1));
        Self { line, environment, secrets, longest: longest(form), operation, client_ids, instance_id, calls }
    }
}

fn longest(form: &CallForm) -> Duration {
    let timeout = form.call_timeout_ms.or(form.timeout_ms).unwrap_or(DEFAULT_TIMEOUT_MS);
    let rounds = u64::from(form.repeat.unwrap_or(1)).max(1);
    let own = form.replace_key_after_ms.unwrap_or(0) + form.cancel_after_ms.unwrap_or(0);
    Duration::from_millis(timeout.saturating_mul(rounds).saturating_add(own).min(LONGEST_MS))
}

fn watch(line: &Line, environment: &BTreeMap<String, String>, secrets: &mut Canaries) {
    let variables = environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in line.pairs().chain(variables) {
        let lower = name.to_ascii_lowercase();
        if lower.ends_with("secret") {
            secrets.add("the access key secret", value);
        } else if lower.ends_with("token") {
            secrets.add("the security token", value);
        } else if lower.ends_with("proxy") {
            let password = value.rsplit_once('@').and_then(|(before, _)| before.rsplit_once(':'));
            secrets.add("the proxy's password", password.map_or("", |(_, password)| password));
        }
    }
}
