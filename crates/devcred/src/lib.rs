//! Fetches the credential of an IoT device on Alibaba Cloud ApsaraMQ for MQTT, and registers
//! devices. The credential is what a device needs to log in to the broker on which every device has
//! its own ("unique-certificate-per-device authentication").
//!
//! ```
//! use devcred::{Client, ErrorKind};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), devcred::Error> {
//! # let emulator = devcred_emulator::Emulator::builder().start().await.unwrap();
//! # for (name, value) in [
//! #     ("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id()),
//! #     ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.access_key_secret()),
//! #     ("DEVCRED_ENDPOINT", emulator.endpoint()),
//! #     ("DEVCRED_INSTANCE_ID", "post-cn-0pp12gl****"),
//! # ] {
//! #     // SAFETY: nothing else in this program reads or writes the environment now.
//! #     unsafe { std::env::set_var(name, value) };
//! # }
//! let client = Client::from_env()?;
//! match client.get_device_credential("GID_test@@@test").await {
//!     Ok(credential) => println!("{}", credential.mqtt_login().username()), // .password().reveal() goes into CONNECT
//!     Err(error) if error.kind() == ErrorKind::NotFound => eprintln!("register the device first"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Client::from_env`] takes the AccessKey, the region and the instance from the environment
//! ([`ClientBuilder::from_env`] lists the variables); [`Client::builder`] takes them from the
//! program.
//!
//! # When to call
//!
//! Register a device once, with [`Client::register_device_credential`]; not again, because that is
//! refused, or replaces its credential.
//!
//! Fetch once per device: a credential stays valid until it is refreshed or unregistered, so store
//! it. Call again only when the broker refuses it, or when you know that it was refreshed; never at
//! every boot. Each success is billed as one messaging TPS of the instance, and takes it from live
//! traffic.
//!
//! # What a call does
//!
//! It signs a new `POST` for every attempt, waits for the [rate
//! limiter](ClientBuilder::max_requests_per_second), checks that the response is about the
//! requested device, and retries if that can help: at most
//! [`max_attempts`](ClientBuilder::max_attempts) times, with growing random waits, within one
//! [`timeout`](ClientBuilder::timeout) that covers everything. A registration is not sent again
//! once it may have arrived. A wrong clock is corrected by the service's own, once. Dropping the
//! future stops the call.
//!
//! # Errors
//!
//! Every failure is an [`Error`]. Its [`kind`](Error::kind) says what to do; its text says what
//! happened and, if something can be done, what. `tracing` events with the target `devcred` report
//! every attempt (DEBUG), retries, and the first time that the rate limiter delays a call (WARN).
//!
//! # Without an async program
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let client = devcred::Client::builder()
//! #     .access_key(devcred::AccessKey::new("LTAI5tExample", "the-secret")?)
//! #     .endpoint("http://127.0.0.1:1").instance_id("post-cn-0pp12gl****").max_attempts(1).build()?;
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! let result = runtime.block_on(async { client.get_device_credential("GID_test@@@test").await });
//! # assert_eq!(result.unwrap_err().kind(), devcred::ErrorKind::Transport);
//! # Ok(())
//! # }
//! ```
//!
//! A name look-up cannot be cancelled. It runs on a thread of the client and ends when the system's
//! resolver returns, even if the call has ended before. Neither the runtime nor the program waits
//! for it.
//!
//! # Secrets
//!
//! [`Secret`]s are wiped when they are dropped and never printed: not by `Debug`, not by an error,
//! not by a log event. Buffers of the HTTP and TLS libraries are not wiped.
//!
//! # Features
//!
//! `serde`: `Serialize` for [`RevealedDeviceCredential`], [`RevealedMqttLogin`], [`Error`] and
//! [`ErrorKind`], `Deserialize` for [`RevealedDeviceCredential`], and nothing else.

#![forbid(unsafe_code)]

mod access_key;
mod advice;
#[doc(hidden)]
pub mod bridge_support;
mod builder;
mod client;
mod clock;
mod config;
mod credential;
mod crypto;
mod endpoint;
mod env;
mod error;
mod error_code;
mod failure;
mod json;
mod operation;
mod pipeline;
mod proxy;
mod rate_limit;
mod redact;
mod request;
mod requirements;
mod resolver;
mod response;
mod retry;
mod revealed;
mod secret;
mod sign;
#[cfg(feature = "unstable-testing")]
#[doc(hidden)]
pub mod testing;
mod text;
mod transport;
mod transport_error;
mod validate;

pub use access_key::AccessKey;
pub use builder::ClientBuilder;
pub use client::Client;
pub use credential::{DeviceCredential, MqttLogin};
pub use endpoint::Network;
pub use error::{Error, ErrorKind};
// `Call` and the type of each operation's call.
pub use request::*;
pub use revealed::{RevealedDeviceCredential, RevealedMqttLogin};
pub use secret::Secret;
pub use sign::SignatureMethod;
