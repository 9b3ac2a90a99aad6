//! Rust's probe: it makes calls through the public API of `devcred` and reports the results.
//! tests/README.md has the protocol.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "if the protocol is violated, it ends with the reason")]

use std::fmt;
use std::future::IntoFuture;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use devcred::{
    AccessKey, Call, Client, ClientBuilder, DeviceCredential, Error, ErrorKind, RevealedDeviceCredential, Secret,
};
use devcred_conformance::line::Line;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

fn main() {
    let log = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(std::io::stderr);
    log.event_format(LevelFirst).init();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let kinds: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
    println!("probe=rust&version={}&kinds={}", env!("CARGO_PKG_VERSION"), kinds.join("%2C"));
    let mut client = None;
    for line in std::io::stdin().lines() {
        let call = Line::parse(&line.expect("stdin is readable")).expect("a line of the protocol");
        drop(client.take());
        println!("{}", runtime.block_on(answer(&call, &mut client)));
    }
}

/// Writes `devcred LEVEL …` for an event of the library.
struct LevelFirst;

impl<S: Subscriber + for<'a> LookupSpan<'a>, N: for<'w> FormatFields<'w> + 'static> FormatEvent<S, N> for LevelFirst {
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        write!(to, "{} {} ", metadata.target(), metadata.level().as_str().to_ascii_lowercase())?;
        context.field_format().format_fields(to.by_ref(), event)?;
        writeln!(to)
    }
}

/// The client stays alive until the next line, so that only the cancellation can end a cancelled
/// call.
async fn answer(call: &Line, kept: &mut Option<Client>) -> Line {
    let mut answer = Line::default();
    answer.set("case", call.get("case").expect("a case"));
    let mut texts = String::new();
    let outcomes = match client(call, &mut texts) {
        Ok(client) => {
            texts += &format!("{client:?}\n");
            all_calls(kept.insert(client), call, &mut answer).await
        }
        Err(error) => vec![Outcome::Error(error)],
    };
    let is_ok = |outcome: &&Outcome| matches!(outcome, Outcome::Ok(_));
    let ok = outcomes.iter().filter(is_ok).count();
    answer.set("ok", ok.to_string());
    answer.set("failed", (outcomes.len() - ok).to_string());
    let reported = outcomes.iter().find(|outcome| !is_ok(outcome)).or(outcomes.first());
    reported.expect("at least one call").write(&mut answer);
    answer.set("client_text", texts);
    answer
}

enum Outcome {
    Ok(DeviceCredential),
    Error(Error),
    Cancelled,
}

async fn all_calls(client: &Client, call: &Line, answer: &mut Line) -> Vec<Outcome> {
    let client_id = call.get("client_id").expect("a client id");
    let (calls, rounds) = (number(call, "calls").unwrap_or(1), number(call, "repeat").unwrap_or(1));
    let mut outcomes = Vec::new();
    for round in 0..rounds {
        let begin = |number| {
            let client_id = if calls == 1 { client_id.to_owned() } else { format!("{client_id}-{number}") };
            let task = match call.get("operation") {
                Some("RegisterDeviceCredential") => spawn(client.register_device_credential(&client_id), call),
                _ => spawn(client.get_device_credential(&client_id), call),
            };
            (client_id, task)
        };
        let begun: Vec<(String, JoinHandle<_>)> = (0_u32..calls).map(begin).collect();
        if round == 0 {
            let replace = async {
                let after = number_of_ms(call, "replace_key_after_ms")?;
                sleep(after).await;
                access_key(call, "new_").and_then(|key| client.set_access_key(key.expect("a new key"))).err()
            };
            let cancel = async {
                if let Some(after) = number_of_ms(call, "cancel_after_ms") {
                    sleep(after).await;
                    begun.iter().for_each(|(_, task)| task.abort());
                }
            };
            let (refused, ()) = tokio::join!(replace, cancel);
            answer.set_some("key_refused", refused.map(|error| error.kind().name()));
        }
        for (client_id, task) in begun {
            outcomes.push(match task.await {
                Ok(Ok(credential)) => {
                    assert_eq!(credential.client_id(), client_id, "a credential of another call");
                    restored(credential, call)
                }
                Ok(Err(error)) => Outcome::Error(error),
                Err(stopped) if stopped.is_cancelled() => Outcome::Cancelled,
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            });
        }
    }
    outcomes
}

/// Stores the credential as the call requests, and restores it.
fn restored(credential: DeviceCredential, call: &Line) -> Outcome {
    let mut revealed = credential.reveal();
    match call.get("restore") {
        None => return Outcome::Ok(credential),
        Some("masked") => revealed.device_access_key_secret = format!("{:?}", Secret::new("")),
        Some(_) => {}
    }
    let json = serde_json::to_string(&revealed).expect("texts and numbers");
    let stored: RevealedDeviceCredential = serde_json::from_str(&json).expect("its own JSON");
    match DeviceCredential::from_revealed(&stored) {
        Ok(restored) => {
            assert_eq!(restored, credential, "another credential was restored");
            Outcome::Ok(restored)
        }
        Err(error) => Outcome::Error(error),
    }
}

fn spawn<O>(mut request: Call<O>, call: &Line) -> JoinHandle<Result<DeviceCredential, Error>>
where
    Call<O>: IntoFuture<Output = Result<DeviceCredential, Error>, IntoFuture: Send + 'static>,
{
    if let Some(instance_id) = call.get("call_instance_id") {
        request = request.instance_id(instance_id);
    }
    if let Some(timeout) = number_of_ms(call, "call_timeout_ms") {
        request = request.timeout(timeout);
    }
    tokio::spawn(request.into_future())
}

fn client(call: &Line, texts: &mut String) -> Result<Client, Error> {
    let from_env = call.get("from_env") == Some("true");
    let mut builder = if from_env { ClientBuilder::from_env() } else { Client::builder() };
    for (key, set) in [
        ("region", ClientBuilder::region as fn(ClientBuilder, String) -> ClientBuilder),
        ("endpoint", ClientBuilder::endpoint),
        ("instance_id", ClientBuilder::instance_id),
        ("proxy", ClientBuilder::proxy),
        ("root_certificates_pem", ClientBuilder::root_certificates_pem),
    ] {
        builder = call.get(key).into_iter().fold(builder, |builder, value| set(builder, value.to_owned()));
    }
    for (key, set) in [
        ("timeout_ms", ClientBuilder::timeout as fn(ClientBuilder, Duration) -> ClientBuilder),
        ("attempt_timeout_ms", ClientBuilder::attempt_timeout),
        ("connect_timeout_ms", ClientBuilder::connect_timeout),
    ] {
        builder = number_of_ms(call, key).into_iter().fold(builder, set);
    }
    for (key, set) in [
        ("max_attempts", ClientBuilder::max_attempts as fn(ClientBuilder, u32) -> ClientBuilder),
        ("max_connections", ClientBuilder::max_connections),
        ("max_connecting", ClientBuilder::max_connecting),
        ("max_requests_per_second", ClientBuilder::max_requests_per_second),
    ] {
        builder = number(call, key).into_iter().fold(builder, set);
    }
    if let Some(network) = call.get("network") {
        builder = builder.network(network.parse()?);
    }
    if let Some(signature) = call.get("signature") {
        builder = builder.signature(signature.parse()?);
    }
    if let Some(key) = access_key(call, "")? {
        *texts += &format!("{key:?}\n");
        builder = builder.access_key(key);
    }
    builder.build()
}

fn access_key(call: &Line, new: &str) -> Result<Option<AccessKey>, Error> {
    let part = |name: &str| call.get(&format!("{new}{name}"));
    let (Some(id), Some(secret)) = (part("access_key_id"), part("access_key_secret")) else {
        return Ok(None);
    };
    let key = AccessKey::new(id, secret)?;
    part("security_token").map_or(Ok(key.clone()), |token| key.with_security_token(token)).map(Some)
}

fn number<T: FromStr<Err: std::fmt::Debug>>(call: &Line, key: &str) -> Option<T> {
    call.get(key).map(|value| value.parse().expect("a number"))
}

fn number_of_ms(call: &Line, key: &str) -> Option<Duration> {
    number(call, key).map(Duration::from_millis)
}

impl Outcome {
    fn write(&self, answer: &mut Line) {
        match self {
            Outcome::Cancelled => answer.set("outcome", "cancelled"),
            Outcome::Error(error) => {
                answer.set("outcome", "error");
                answer.set("text", format!("{error}\n{error:?}"));
                answer.set("kind", error.kind().to_string());
                answer.set("message", error.message());
                answer.set("retryable", error.is_retryable().to_string());
                answer.set("attempts", error.attempts().to_string());
                answer.set_some("code", error.code());
                answer.set_some("http_status", error.http_status().map(|status| status.to_string()));
                answer.set_some("request_id", error.request_id());
                answer.set("possibly_billed", error.is_possibly_billed().to_string());
                answer.set_some("client_id", error.client_id());
                answer.set_some("instance_id", error.instance_id());
                answer.set_some("retry_after_ms", error.retry_after().map(|delay| delay.as_millis().to_string()));
                answer.set_some("help_url", error.help_url());
                answer.set_some("advice", error.advice());
            }
            Outcome::Ok(credential) => {
                let login = credential.mqtt_login();
                answer.set("outcome", "ok");
                answer.set("text", format!("{credential:?}\n{login:?}"));
                answer.set("client_id", credential.client_id());
                answer.set("instance_id", credential.instance_id());
                answer.set("device_access_key_id", credential.device_access_key_id());
                answer.set("device_access_key_secret", credential.device_access_key_secret().reveal());
                answer.set("request_id", credential.request_id());
                answer.set("create_time_ms", ms(credential.create_time()));
                answer.set("update_time_ms", ms(credential.update_time()));
                answer.set("mqtt_client_id", login.client_id());
                answer.set("mqtt_username", login.username());
                answer.set("mqtt_password", login.password().reveal());
            }
        }
    }
}

fn ms(time: SystemTime) -> String {
    time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_millis().to_string()
}
