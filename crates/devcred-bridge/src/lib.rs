//! What the bindings of devcred share. It is private: a binding turns it into the API of a
//! language.
//!
//! A Rust program wants an async core without hidden threads. A caller in another language wants
//! the opposite, a runtime that somebody else owns; so here is one, and one asynchronous primitive
//! over it: start a call, it completes exactly once, it can be cancelled.
//!
//! ```
//! use std::sync::mpsc;
//!
//! use devcred_bridge::{Client, Options, Outcome, Request, Secret};
//!
//! # let tokio = tokio::runtime::Runtime::new().unwrap();
//! # let emulator = tokio.block_on(devcred_emulator::Emulator::builder().start()).unwrap();
//! # let (id, secret) = (emulator.access_key_id().to_owned(), emulator.access_key_secret());
//! let mut options = Options::new("rust");
//! options.access_key_id = Some(id);
//! options.access_key_secret = Some(Secret::new(secret));
//! options.endpoint = Some(emulator.endpoint().to_owned());
//! options.instance_id = Some("post-cn-0pp12gl****".to_owned());
//! let client = Client::open(options).unwrap();
//!
//! let (told, outcome) = mpsc::channel();
//! let request = Request { client_id: "GID_test@@@test".to_owned(), instance_id: None, timeout: None };
//! let call = client.start(request, move |outcome| told.send(outcome).unwrap());
//! // Here the caller does something else, or cancels the call.
//! match outcome.recv().unwrap() {
//!     Outcome::Ok(credential) => println!("{}", credential.mqtt_login.username),
//!     Outcome::Error(error) => panic!("{}", error.text),
//!     Outcome::Cancelled => call.cancel().unwrap(),
//! }
//! ```
//!
//! # Threads
//!
//! One thread runs the calls of the process. It is started at the first call and never ends.
//! Completions and log functions are called on it, outside of any lock, so while one of them runs
//! no other call makes progress. A second thread would only move the limit: two callbacks that
//! block would stop all calls. At most four more threads look names up, one for each name at a
//! time; each ends with its look-ups.
//!
//! If the system refuses the first thread, the call fails at once with an error of kind `Internal`,
//! and the next call tries again. If it refuses a thread for a look-up, the attempt fails as one
//! whose name could not be resolved.
//!
//! # Signals
//!
//! These threads block every signal that is sent to the process, so that the threads of the host
//! receive it, and SIGPIPE, which a connection that the peer has reset raises in the thread that
//! writes to it.
//!
//! # Panics
//!
//! A panic in a call becomes an error of kind `Internal`, and the next call works. One in a
//! completion or a log function ends there. This needs `panic = "unwind"`.
//!
//! # Fork
//!
//! A forked child gets working clients. Every entry compares the process's id first; in a child,
//! runtime and client are built anew from what the parent's client was built of: no lock of the
//! parent is taken, neither the environment nor a file is read again, and nothing of the parent's
//! is dropped. A call that was begun before the fork is not the child's: waiting for it and
//! cancelling it are refused at once, and it never completes there.
//!
//! Three things a child cannot be given. A client that another thread of the parent was opening at
//! the moment of the fork, as the first of the process: the child may hang when it opens one
//! itself. A process that has the same id as an ancestor which used the same client: it takes
//! itself for that one. And a host that forks inside a completion or a log function.

#![forbid(unsafe_code)]

mod call;
mod client;
mod living;
mod log;
mod options;
mod outcome;
mod process;
mod running;
mod runtime;
#[cfg(unix)]
mod signals;
mod wait;

pub use call::Call;
pub use client::Client;
pub use devcred::{ErrorKind, Secret};
#[cfg(any(test, debug_assertions))]
pub use living::PANICS;
pub use log::{Log, LogLevel};
pub use options::{Options, Request, count, milliseconds, seconds};
pub use outcome::{Credential, ErrorInfo, MqttLogin, Outcome};
pub use runtime::is_bridge_thread;
pub use wait::Pending;
