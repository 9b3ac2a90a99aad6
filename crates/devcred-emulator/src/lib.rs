//! A local stand-in for the OpenAPI of ApsaraMQ for MQTT (`onsmqtt`, version `2020-04-20`), to test
//! software that fetches device credentials.
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
//! // Your software fetches a credential here, from `emulator.endpoint()` with the emulator's key.
//! # let address = emulator.address();
//! # let response = tokio::task::spawn_blocking(move || -> std::io::Result<String> {
//! #     let mut stream = std::net::TcpStream::connect(address)?;
//! #     let head = format!("Host: {address}\r\nConnection: close\r\n\r\n");
//! #     write!(stream, "GET /_devcred/health HTTP/1.1\r\n{head}")?;
//! #     let mut response = String::new();
//! #     stream.read_to_string(&mut response)?;
//! #     Ok(response)
//! # }).await??;
//! # assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
//!
//! for call in emulator.calls() {
//!     println!("{:?} {:?}: {:?}", call.operation, call.client_id, call.code);
//! }
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! The emulator is a model of the service, not the service. It follows the service's documents and
//! what the vendor's SDKs send and expect. Where the documents are silent, the code says that it
//! infers. The emulator listens on loopback only, and its credentials open nothing.
//!
//! # What it does
//!
//! * Verifies both signature methods (ACS3-HMAC-SHA256 and the older HMAC-SHA1 of RPC), the time,
//!   the nonce and the security token, and refuses with the service's codes, statuses and messages.
//! * Executes `GetDeviceCredential`, `RegisterDeviceCredential`, `RefreshDeviceCredential`,
//!   `UnRegisterDeviceCredential` and `ListDeviceCredentialClientId`. A device's credential stays
//!   the same until it is registered again or refreshed. [`Builder::register_existing`] and
//!   [`Builder::max_credentials`] let a registration be refused.
//! * Fails on demand: by the name of a device, or by [`Step`]s for the first requests.
//! * Applies both [`Quotas`] of the service and lets security tokens expire.
//! * Serves TLS with a valid certificate, or with one that is invalid in one way ([`Tls`]), and
//!   resets or breaks the first connections ([`Builder::connections`]).
//! * Adds a [`Proxy`] in front of itself.
//! * Writes XML if a request asks for it by `Format=XML` or `accept: application/xml`.
//! * Keeps a journal of calls without secrets and security tokens ([`Emulator::calls`],
//!   [`Emulator::wait_for`], [`Emulator::finished_calls`]).
//! * Records the bytes of requests and responses if a test asks for it
//!   ([`Builder::record_exchanges`]).
//!
//! # Known devices
//!
//! | configured | known |
//! |---|---|
//! | nothing | every device on every instance |
//! | [`Builder::instance`] | every device on these instances |
//! | [`Builder::device`] | these devices on every instance |
//! | both | these devices on these instances |
//!
//! # Devices that fail
//!
//! If the part of a client id after `@@@` begins with `fault-`, it names the device's fault:
//!
//! | client id | what happens |
//! |---|---|
//! | `GID_x@@@fault-Throttling.User-2` | this code twice, then one success, then from the start |
//! | `GID_x@@@fault-InternalError` | always this code |
//! | `GID_x@@@fault-close` | the connection is closed without a response; takes a number as above |
//! | `GID_x@@@fault-lost` | the operation is executed, but its response is lost: the connection is closed before the body; takes a number as above |
//! | `GID_x@@@fault-hang` | no response; takes a number as above |
//! | `GID_x@@@fault-slow-3000` | the service's own response, after 3000 ms |
//!
//! Only a request that passes every check meets the fault. If devices are configured, such a device
//! must be one of them.
//!
//! # Steps and connections
//!
//! [`Builder::steps`] scripts the first requests ([`Step`] lists what a step can do), and
//! [`Builder::connections`] the first connections ([`Tls`] lists how they can begin).
//!
//! ```
//! use devcred_emulator::{Emulator, Tls};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let throttled = r#"{"code": "Throttling.User", "headers": {"Retry-After": "1"}}"#.parse()?;
//! let truncated = r#"{"truncate": 10}"#.parse()?;
//! let builder = Emulator::builder().steps([throttled, truncated]).tls(Tls::Valid);
//! let emulator = builder.start().await?;
//! assert!(emulator.endpoint().starts_with("https://localhost:"));
//! let authority = emulator.authority_pem().ok_or("there is no certificate")?;
//! # assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
//!
//! // Your software trusts the authority and fetches a credential: its third attempt succeeds.
//! println!("{} calls, {} billed", emulator.calls().len(), emulator.billed());
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Control routes
//!
//! The control routes return JSON, for tests in other languages.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /_devcred/health` | returns `{"status":"ok"}` with the version |
//! | `GET /_devcred/calls` | returns the journal |
//! | `DELETE /_devcred/calls` | removes all calls from the journal |
//! | `GET /_devcred/devices/{client id}` | returns the ids and times of the device's credentials, never a secret |
//! | `PUT /_devcred/devices/{client id}` | makes the device known |
//! | `DELETE /_devcred/devices/{client id}` | makes the device unknown and drops its credentials |
//!
//! Every route, including those of the service, refuses requests that a web page may have made a
//! browser send: with an `Origin` header, with a `Host` that is not loopback, or with a
//! `Sec-Fetch-Site` of another page. Such a request is not in the journal and does not count
//! towards the quotas.

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
pub use journal::call::{CallEnd, RecordedCall};
pub use journal::exchange::{Exchange, Recorded};
pub use server::proxy::{Proxy, ProxyRequest};
pub use server::tls::Tls;
pub use service::access_key::SecurityTokenPresented;
pub use service::device::RegisterExisting;
pub use service::quota::Quotas;
pub use signature::SignatureMethod;
pub use start_error::StartError;
