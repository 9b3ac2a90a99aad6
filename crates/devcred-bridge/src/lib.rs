//! What the bindings of devcred share. It is private: a binding turns it into the API of a
//! language.
//!
//! A Rust program wants an async core without hidden threads. A caller in another language wants
//! the opposite: a runtime that it need not own. The bridge has that runtime and one asynchronous
//! primitive: start a call, which completes exactly once and can be cancelled. A blocking call
//! needs no other thread: it runs on the one that waits for it.
//!
//! ```
//! use std::sync::mpsc;
//!
//! use devcred_bridge::{Client, Operation, Options, Outcome, Request, Secret};
//!
//! # let tokio = tokio::runtime::Runtime::new().unwrap();
//! # let emulator = tokio.block_on(devcred_emulator::Emulator::builder().start()).unwrap();
//! # let (id, secret) = (emulator.access_key_id().to_owned(), emulator.access_key_secret());
//! let options = Options {
//!     access_key_id: Some(id),
//!     access_key_secret: Some(Secret::new(secret)),
//!     endpoint: Some(emulator.endpoint().to_owned()),
//!     instance_id: Some("post-cn-0pp12gl****".to_owned()),
//!     ..Options::default()
//! };
//! let client = Client::open("rust", options, None).unwrap();
//!
//! let (sender, outcomes) = mpsc::channel();
//! let request = Request::new(Operation::GetDeviceCredential, "GID_test@@@test");
//! let call = client.start(request, move |outcome| sender.send(outcome).unwrap());
//! // Here the caller does something else, or cancels the call.
//! match outcomes.recv().unwrap() {
//!     Outcome::Credential(credential) => println!("{}", credential.mqtt_login.username),
//!     Outcome::Error(error) => panic!("{}", error.text),
//!     Outcome::Cancelled => call.cancel().unwrap(),
//! }
//! ```
//!
//! # Plain data
//!
//! [`Options`], [`Request`], [`Credential`], [`MqttLogin`] and [`ErrorInfo`] are tables that
//! [`record!`] turns into structs, so that a binding whose generator needs structs of its own crate
//! does not repeat their fields.
//!
//! # Threads
//!
//! One thread runs the started calls of the process. It starts with the first of them and never
//! ends. It calls completions and log functions, without holding a lock; while one of them runs, no
//! other started call makes progress. A second thread would only move the limit: two callbacks that
//! block would stop all calls. At most four more threads look up names, one for each name at a
//! time; each ends with its look-ups.
//!
//! A blocking call runs on the thread that makes it, which drives a runtime that no other thread
//! drives meanwhile, with separate connections. A client has at most four of these runtimes. If
//! more threads make blocking calls at once, the others wait for the thread of the bridge, which is
//! faster than many small runtimes. So does a thread that runs tokio tasks, because tokio cannot
//! drive two runtimes on one thread. The log functions of a blocking call run on its thread.
//!
//! Between two blocking calls, no thread looks at the connections of such a runtime. One that the
//! server closes then stays half open until the next call or until the client is closed; no request
//! is sent on it.
//!
//! If the system refuses the first thread, the call fails immediately with an error of kind
//! `Internal`, and the next call tries again. If it refuses a thread for a look-up, the attempt
//! fails as if the name could not be resolved.
//!
//! # Signals
//!
//! The threads of the bridge block every signal that is sent to the process, so that the threads of
//! the host receive it, and SIGPIPE, which is sent to a thread that writes to a connection that the
//! peer has reset. A thread that makes a blocking call receives its signals; only SIGPIPE is
//! blocked meanwhile, and one that the call has raised is taken.
//!
//! # Panics
//!
//! A panic in a call becomes an error of kind `Internal`, and the next call works. A panic in a
//! completion or a log function ends there. This needs `panic = "unwind"`.
//!
//! # Fork
//!
//! A forked child gets working clients. Every entry point compares the process id first; in a
//! child, runtime and client are rebuilt from the configuration of the parent's client: no lock of
//! the parent is taken, neither the environment nor a file is read again, and nothing of the parent
//! is dropped. A call that was started before the fork belongs to the parent: in the child, waiting
//! for it and cancelling it are refused immediately, and it never completes. The check hook and the
//! log function of a blocking call may fork: in the child, the call is refused.
//!
//! Three cases do not work. If another thread of the parent was opening the first client of the
//! process at the moment of the fork, the child may hang when it opens a client. A process with the
//! same id as an ancestor that used the same client cannot tell itself apart from it. And a host
//! must not fork on the thread of the bridge, in a completion or the log function of a started
//! call.

#![forbid(unsafe_code)]

mod blocking;
mod call;
mod check_timer;
mod client;
mod description;
mod inner;
mod local_call;
mod log;
mod number;
mod options;
mod outcome;
mod panic;
mod process;
mod record;
mod refusals;
mod request;
mod revealed;
mod running;
mod runtime;
mod runtime_pool;
#[cfg(unix)]
mod signals;

pub use blocking::BlockingCall;
pub use call::CallHandle;
pub use client::Client;
pub use description::Description;
pub use devcred::bridge_support::VARIABLES;
pub use devcred::{ErrorKind, Secret};
#[cfg(any(test, debug_assertions))]
pub use inner::PANIC_CLIENT_ID;
pub use log::{Log, LogLevel};
pub use number::{Count, Milliseconds};
pub use options::{Options, Pem};
pub use outcome::{Credential, ErrorInfo, MqttLogin, Outcome};
pub use panic::contain_panic;
pub use process::{Inherited, ProcessBound};
pub use request::{Operation, Request};
pub use revealed::RevealedCredential;
pub use runtime::is_bridge_thread;
