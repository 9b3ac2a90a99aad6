//! A client, and the calls that it starts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devcred_bridge::{self as bridge, ErrorInfo, Log, Request, Secret};
use napi::Env;
use napi::bindgen_prelude::{Either, Function, ObjectFinalize, Result};
use napi_derive::napi;

use crate::events::{Event, Events};
use crate::options::{Options, milliseconds};
use crate::outcome::Failure;

/// What a client takes outside of the heap of JavaScript, most of it for TLS, as measured. V8 has to know of it, or programs that
/// drop clients without closing them would grow for long before V8 collects any.
const MEMORY: i64 = 180 * 1024;

#[napi(custom_finalize)]
pub struct NativeClient {
    client: bridge::Client,
    events: Arc<Events>,
    running: Arc<Running>,
}

/// The calls that run, by the numbers that the facade gave them. An object of JavaScript for each would have to be collected.
#[derive(Default)]
struct Running(Mutex<HashMap<u32, bridge::Call>>);

impl Running {
    fn calls(&self) -> MutexGuard<'_, HashMap<u32, bridge::Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a client whose events go to a function of the facade.
#[napi(catch_unwind)]
pub fn open(env: &Env, options: Options, on_event: Function<Event, ()>) -> Result<Either<NativeClient, Failure>> {
    let events = Arc::new(Events::to(&on_event)?);
    Ok(match client(options, &events) {
        Ok(client) => {
            env.adjust_external_memory(MEMORY)?;
            Either::A(NativeClient { client, events, running: Arc::default() })
        }
        Err(refusal) => Either::B(refusal.into()),
    })
}

fn client(mut options: Options, events: &Arc<Events>) -> std::result::Result<bridge::Client, Box<ErrorInfo>> {
    let level = options.log_level.take();
    let mut options = options.into_bridge();
    if let Some(level) = level {
        let events = Arc::clone(events);
        options.log = Some(Log::new(level.parse()?, move |level, line| events.tell(Event::logged(level, line))));
    }
    bridge::Client::open(options)
}

#[napi]
impl NativeClient {
    /// Starts a call. Its end is told as the event with this id.
    #[napi(catch_unwind)]
    pub fn start(&self, id: u32, client_id: String, instance_id: Option<String>, timeout_ms: Option<f64>) {
        let request = Request { client_id, instance_id, timeout: timeout_ms.map(milliseconds) };
        let (events, running) = (Arc::clone(&self.events), Arc::clone(&self.running));
        let begin = |call: &bridge::Call| drop(self.running.calls().insert(id, call.clone()));
        self.client.start_with(request, begin, move |outcome| {
            running.calls().remove(&id);
            events.tell(Event::ended(id, outcome));
        });
    }

    /// Cancels a call, if it has not ended yet.
    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        if let Some(call) = self.running.calls().get(&id) {
            // It is refused in a forked process only, which Node.js does not have.
            let _ = call.cancel();
        }
    }

    /// Replaces the key, or says why not.
    #[napi(catch_unwind)]
    pub fn set_access_key(&self, id: String, secret: String, security_token: Option<String>) -> Option<Failure> {
        let (secret, token) = (Secret::new(secret), security_token.map(Secret::new));
        self.client.set_access_key(id, &secret, token.as_ref()).err().map(Into::into)
    }

    /// Whether the event loop waits for this client's events.
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

/// The facade keeps a client as long as it has calls; so they are ended here only where their environment ends.
impl Drop for NativeClient {
    fn drop(&mut self) {
        self.client.close();
    }
}
