//! A client, and the calls that it starts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devcred_bridge::{self as bridge, CallHandle, Log, Request};
use napi::Env;
use napi::bindgen_prelude::{Either, Function, ObjectFinalize, Result};
use napi_derive::napi;

use crate::data::{ErrorInfo, Milliseconds, Operation, Options, Secret};
use crate::events::{Event, EventSender};

/// The memory of a client outside of JavaScript's heap, as measured; most of it is for TLS. V8
/// needs to know it: otherwise programs that drop clients without closing them grow for a long time
/// before V8 collects the clients.
const MEMORY: i64 = 180 * 1024;

#[napi(custom_finalize)]
pub struct NativeClient {
    client: bridge::Client,
    events: Arc<EventSender>,
    cancellable: Arc<CancellableCalls>,
}

/// The running calls that the facade may cancel, by the numbers that it gave them. An object of
/// JavaScript for each call would have to be collected.
#[derive(Default)]
struct CancellableCalls(Mutex<HashMap<u32, CallHandle>>);

impl CancellableCalls {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, CallHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a client. `variables` are those of `process.env`. `on_events` receives its events. With a
/// `log_level`, it logs events of this level and more severe ones.
#[napi(catch_unwind)]
pub fn open(
    env: &Env,
    options: Options,
    variables: HashMap<String, Secret>,
    log_level: Option<String>,
    on_events: Function<Vec<Event>, ()>,
) -> Result<Either<NativeClient, ErrorInfo>> {
    let events = Arc::new(EventSender::new(&on_events)?);
    Ok(match open_client(options, variables, log_level, &events) {
        Ok(client) => {
            env.adjust_external_memory(MEMORY)?;
            Either::A(NativeClient { client, events, cancellable: Arc::default() })
        }
        Err(error) => Either::B(error.into()),
    })
}

fn open_client(
    options: Options,
    variables: HashMap<String, Secret>,
    log_level: Option<String>,
    events: &Arc<EventSender>,
) -> std::result::Result<bridge::Client, Box<bridge::ErrorInfo>> {
    let events = Arc::clone(events);
    let log = match log_level {
        Some(level) => Some(Log::new(level.parse()?, move |level, line| {
            events.send(Event::Logged { level, message: line.to_owned() });
        })),
        None => None,
    };
    let variables: HashMap<String, bridge::Secret> =
        variables.into_iter().map(|(name, value)| (name, value.into())).collect();
    let look_up = move |name: &str| variables.get(name).map(|value| value.reveal().into());
    bridge::Client::open_with_variables("node", options.into(), look_up, log)
}

#[napi]
impl NativeClient {
    /// Starts a call. The event with this id reports its outcome.
    #[napi(catch_unwind)]
    pub fn start(
        &self,
        id: u32,
        operation: Operation,
        client_id: String,
        instance_id: Option<String>,
        timeout_ms: Option<Milliseconds>,
        is_cancellable: bool,
    ) {
        let timeout_ms = timeout_ms.map(Into::into);
        let request = Request { operation: operation.into(), client_id, instance_id, timeout_ms };
        let events = Arc::clone(&self.events);
        let end = move |outcome| events.send(Event::Ended { id, outcome });
        if !is_cancellable {
            self.client.start(request, end);
            return;
        }
        let cancellable = Arc::clone(&self.cancellable);
        let on_start = |handle: &CallHandle| drop(self.cancellable.lock().insert(id, handle.clone()));
        self.client.start_with_handle(request, on_start, move |outcome| {
            cancellable.lock().remove(&id);
            end(outcome);
        });
    }

    /// Cancels a cancellable call, unless it has ended.
    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        if let Some(handle) = self.cancellable.lock().get(&id) {
            // It fails only in a forked process, and Node.js does not fork.
            let _ = handle.cancel();
        }
    }

    /// Replaces the AccessKey, or returns why not.
    #[napi(catch_unwind)]
    pub fn set_access_key(&self, id: String, secret: Secret, security_token: Option<Secret>) -> Option<ErrorInfo> {
        let token = security_token.map(bridge::Secret::from);
        self.client.set_access_key(id, &secret.into(), token.as_ref()).err().map(Into::into)
    }

    /// Sets whether the event loop stays alive to wait for events of this client.
    #[napi(catch_unwind)]
    pub fn keep_alive(&self, env: &Env, alive: bool) {
        self.events.keep_alive(env, alive);
    }

    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.client.close();
    }
}

impl ObjectFinalize for NativeClient {
    fn finalize(self, env: Env) -> Result<()> {
        env.adjust_external_memory(-MEMORY).map(drop)
    }
}

/// The facade keeps a client while its calls run, so this ends calls only when the environment
/// ends.
impl Drop for NativeClient {
    fn drop(&mut self) {
        self.client.close();
    }
}
