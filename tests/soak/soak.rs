//! The Rust program of `cargo xtask soak`; tests/soak/src/main.rs documents the protocol.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a protocol error ends the program with a message"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use devcred::{AccessKey, Client};
use tokio::sync::oneshot;

type Cancels = Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, id, secret, instance_id, timeout_ms, attempt_timeout_ms] =
        <[String; 6]>::try_from(arguments).expect("six arguments");
    let ms = |text: &str| Duration::from_millis(text.parse().expect("a number of milliseconds"));
    let client = Client::builder()
        .endpoint(endpoint)
        .access_key(AccessKey::new(id, secret).expect("a key"))
        .instance_id(instance_id)
        .timeout(ms(&timeout_ms))
        .attempt_timeout(ms(&attempt_timeout_ms))
        .max_requests_per_second(1_000_000)
        .build()
        .expect("a client");

    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let cancels = Cancels::default();
    for line in std::io::stdin().lines() {
        let line = line.expect("stdin is readable");
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["start", number, client_id] => {
                let (cancel, cancellation) = oneshot::channel();
                cancels.lock().expect("no thread panicked").insert((*number).to_owned(), cancel);
                let call = run(
                    client.clone(),
                    (*number).to_owned(),
                    (*client_id).to_owned(),
                    cancellation,
                    Arc::clone(&cancels),
                );
                runtime.spawn(call);
            }
            ["cancel", number] => {
                if let Some(cancel) = cancels.lock().expect("no thread panicked").remove(*number) {
                    // Fails if the call has ended.
                    let _ = cancel.send(());
                }
            }
            other => panic!("{other:?} is not a line of the protocol"),
        }
    }
}

async fn run(client: Client, number: String, client_id: String, cancellation: oneshot::Receiver<()>, cancels: Cancels) {
    let outcome = tokio::select! {
        result = client.get_device_credential(&client_id) => match result {
            Ok(credential) => {
                let login = credential.mqtt_login();
                let (user, password) = (login.username(), login.password().reveal());
                format!("ok {} {user} {password}", login.client_id())
            }
            Err(error) => format!("error {}", error.kind()),
        },
        Ok(()) = cancellation => "cancelled".to_owned(),
    };
    cancels.lock().expect("no thread panicked").remove(&number);
    println!("{number} {outcome}");
}
