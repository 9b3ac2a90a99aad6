//! A client, and the calls that it starts.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use devcred_bridge::{
    self as bridge, CallHandle, ErrorInfo, Log, LogLevel, Operation, Options, Outcome, Request, Secret,
};

use crate::completion::Completion;
use crate::data::ToJava as _;
use crate::vm::{self, Global};

/// How often a blocked thread looks whether it was interrupted.
const INTERRUPT_POLL: Duration = Duration::from_millis(100);

/// A client that any number of threads may use at once. Dropping it does not cancel running calls.
pub(crate) struct NativeClient {
    client: bridge::Client,
    running: Arc<RunningCalls>,
}

/// The running calls, by number. A pointer for each call would have to be freed exactly once, while
/// another thread may be cancelling the call.
#[derive(Default)]
struct RunningCalls {
    handles: Mutex<HashMap<i64, CallHandle>>,
    last_id: AtomicI64,
}

impl RunningCalls {
    fn lock(&self) -> MutexGuard<'_, HashMap<i64, CallHandle>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NativeClient {
    /// Opens a client. `log` is an object that receives events of this level and more severe ones.
    pub(crate) fn open(options: Options, log_level: &str, log: Option<Global>) -> Result<Self, Box<ErrorInfo>> {
        let log = log.map(|listener| self::log(log_level, listener)).transpose()?;
        Ok(Self { client: bridge::Client::open("kotlin", options, log)?, running: Arc::default() })
    }

    /// Starts a call and returns its number. The listener may receive the outcome before this
    /// returns.
    pub(crate) fn start(&self, request: Request, listener: Global) -> i64 {
        let id = self.running.last_id.fetch_add(1, Ordering::Relaxed);
        let (running, completion) = (Arc::clone(&self.running), Completion::new(listener));
        let on_start = |handle: &CallHandle| drop(self.running.lock().insert(id, handle.clone()));
        self.client.start_with_handle(request, on_start, move |outcome| {
            running.lock().remove(&id);
            completion.complete(outcome);
        });
        id
    }

    /// Makes a call, which is cancelled soon after its thread was interrupted.
    pub(crate) fn call(&self, request: Request, is_interrupted: impl Fn() -> bool) -> Outcome {
        self.client.call_interruptible(request, INTERRUPT_POLL, || match is_interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    }

    /// Cancels a call, unless it has ended.
    pub(crate) fn cancel(&self, id: i64) {
        if let Some(handle) = self.running.lock().get(&id) {
            // It fails only in a forked process, and a JVM does not fork.
            let _ = handle.cancel();
        }
    }

    pub(crate) fn set_access_key(
        &self,
        id: String,
        secret: &Secret,
        security_token: Option<&Secret>,
    ) -> Result<(), Box<ErrorInfo>> {
        self.client.set_access_key(id, secret, security_token)
    }

    pub(crate) fn close(&self) {
        self.client.close();
    }
}

/// Runs code on the thread of the library, on which a call of a closed client ends at once.
pub(crate) fn run_on_library_thread(code: impl FnOnce() + Send + 'static) {
    let options = Options {
        access_key_id: Some("none".to_owned()),
        access_key_secret: Some(Secret::new("none")),
        endpoint: Some("http://localhost".to_owned()),
        ..Options::default()
    };
    if let Ok(client) = bridge::Client::open("kotlin", options, None) {
        client.close();
        client.start(Request::new(Operation::GetDeviceCredential, ""), |_| code());
    }
}

fn log(level: &str, listener: Global) -> Result<Log, Box<ErrorInfo>> {
    let write = move |level: LogLevel, message: &str| {
        vm::call_java(|env, methods| {
            let arguments = [level.name().to_java(env)?, message.to_java(env)?];
            env.call(listener.as_object(), methods.event, arguments)
        });
    };
    Ok(Log::new(level.parse()?, write))
}
