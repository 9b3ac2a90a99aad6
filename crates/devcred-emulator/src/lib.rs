//! A local stand-in for the OpenAPI of ApsaraMQ for MQTT (`onsmqtt`, version `2020-04-20`), for tests of software
//! that fetches device credentials.
//!
//! ```
//! use devcred_emulator::Emulator;
//! # use std::io::{Read, Write};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::builder().start().await?;
//! println!("endpoint {}, access key id {}", emulator.endpoint(), emulator.access_key_id());
//!
//! // Here your software fetches a credential from `emulator.endpoint()` with the emulator's key pair.
//! # let address = emulator.address();
//! # let answer = tokio::task::spawn_blocking(move || -> std::io::Result<String> {
//! #     let mut stream = std::net::TcpStream::connect(address)?;
//! #     write!(stream, "GET /_devcred/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
//! #     let mut answer = String::new();
//! #     stream.read_to_string(&mut answer)?;
//! #     Ok(answer)
//! # }).await??;
//! # assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
//!
//! for call in emulator.calls() {
//!     println!("{:?} {:?}: {:?}", call.operation, call.client_id, call.code);
//! }
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! It is a model of the service, not the service: it follows the service's documents and what the vendor's SDKs send and
//! expect, and where the documents are silent it follows an inference, which the code names as one. It listens on loopback
//! only, and what it hands out opens nothing.
//!
//! # What it does
//!
//! * Verifies both signatures, ACS3-HMAC-SHA256 and the older RPC HMAC-SHA1, the time, the nonce and the security token,
//!   and refuses with the service's codes, statuses and forms of message.
//! * Answers `GetDeviceCredential`, `RegisterDeviceCredential`, `RefreshDeviceCredential`, `UnRegisterDeviceCredential`
//!   and `ListDeviceCredentialClientId`. A device's credential stays the same until it is registered anew or refreshed.
//! * Misbehaves on demand: by the name of a device, or by [`Step`]s in the order in which requests arrive.
//! * Applies both [`Quotas`] of the service, lets security tokens expire, speaks TLS with certificates that are right or
//!   wrong in one way ([`Tls`]), resets or breaks the first connections ([`Builder::connections`]), and puts a [`Proxy`] in
//!   front of itself.
//! * Writes XML where a caller asks for it, by `Format=XML` or `accept: application/xml`.
//! * Keeps a journal of calls ([`Emulator::calls`], [`Emulator::wait_for`], [`Emulator::finished_calls`]) in which no
//!   secret and no security token stands.
//! * Records the bytes of requests and responses when a test asks for them ([`Builder::record_exchanges`]).
//!
//! # Which devices it knows
//!
//! Without [`Builder::instance`] and [`Builder::device`] every instance and every device is known. Instances alone: every
//! device of these instances. Devices alone: these devices, on any instance. Both: these devices on these instances.
//!
//! # Devices that misbehave
//!
//! A device whose part after `@@@` begins with `fault-` chooses its fault by its name:
//!
//! | client id | what happens |
//! |---|---|
//! | `GID_x@@@fault-Throttling.User-2` | this code twice, then one success, and so on from the start |
//! | `GID_x@@@fault-InternalError` | this code always |
//! | `GID_x@@@fault-close` | the connection is closed without an answer; with a number as above |
//! | `GID_x@@@fault-hang` | no answer; with a number as above |
//! | `GID_x@@@fault-slow-3000` | the answer, after 3000 ms |
//!
//! Only a request that passes every check gets so far. Where devices are configured, such a device must be among them.
//!
//! # Steps, and what else can go wrong
//!
//! [`Builder::steps`] says what the first requests meet; [`Step`] has the list of what that can be. [`Builder::connections`]
//! does the same for connections, [`Tls`] being its list.
//!
//! ```
//! use devcred_emulator::{Emulator, Tls};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let throttled = r#"{"code": "Throttling.User", "headers": {"Retry-After": "1"}}"#.parse()?;
//! let cut_short = r#"{"truncate": 10}"#.parse()?;
//! let emulator = Emulator::builder().steps([throttled, cut_short]).tls(Tls::Valid).start().await?;
//! assert!(emulator.endpoint().starts_with("https://localhost:"));
//! let trusted_by_the_client = emulator.authority_pem().ok_or("there is a certificate")?;
//! # assert!(trusted_by_the_client.starts_with("-----BEGIN CERTIFICATE-----"));
//!
//! // Here your software fetches a credential: its third attempt succeeds.
//! println!("{} calls, {} billed", emulator.calls().len(), emulator.billed());
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Control routes
//!
//! JSON, for tests in other languages. Every route, those of the service too, refuses a request that a web page makes a
//! browser send: one with an `Origin` header, with a `Host` that is not loopback, or with a `Sec-Fetch-Site` of another
//! page. Such a request is not in the journal and does not count for the quotas.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /_devcred/health` | answers `{"status":"ok"}` with the version |
//! | `GET /_devcred/calls` | the journal |
//! | `DELETE /_devcred/calls` | empties the journal |
//! | `GET /_devcred/devices/{client id}` | the ids and times of the device's credentials, never a secret |
//! | `PUT /_devcred/devices/{client id}` | makes the device known |
//! | `DELETE /_devcred/devices/{client id}` | makes it unknown and drops its credentials |

#![forbid(unsafe_code)]

mod builder;
mod emulator;
mod fault;
mod http;
#[doc(hidden)]
pub mod internal;
mod journal;
mod server;
mod service;
mod signature;
mod start_error;
mod sync;

pub use builder::Builder;
pub use emulator::{Emulator, FinishedCalls, TimedOut};
pub use fault::json::InvalidStep;
pub use fault::step::Step;
pub use journal::Journal;
pub use journal::call::{Call, CallEnd};
pub use journal::exchange::{Exchange, Recorded};
pub use server::proxy::{Proxy, ProxyRequest};
pub use server::tls::Tls;
pub use service::access_key::SecurityTokenPresented;
pub use service::quota::Quotas;
pub use signature::SignatureKind;
pub use start_error::StartError;
