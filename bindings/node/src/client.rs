//! A client, and the calls that it starts.

use std::sync::Arc;

use devcred_bridge::{self as bridge, ErrorInfo, Log, Request, Secret};
use napi::Env;
use napi::bindgen_prelude::{Either, Function, Result};
use napi_derive::napi;

use crate::events::{Event, Events};
use crate::options::{Options, milliseconds};
use crate::outcome::Failure;

#[napi]
pub struct NativeClient {
    client: bridge::Client,
    events: Arc<Events>,
}

/// A call that was started.
#[napi]
pub struct NativeCall(bridge::Call);

/// Opens a client whose events go to a function of the facade.
#[napi(catch_unwind)]
pub fn open(options: Options, on_event: Function<Event, ()>) -> Result<Either<NativeClient, Failure>> {
    let events = Arc::new(Events::to(&on_event)?);
    Ok(match client(options, &events) {
        Ok(client) => Either::A(NativeClient { client, events }),
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
    pub fn start(
        &self,
        id: u32,
        client_id: String,
        instance_id: Option<String>,
        timeout_ms: Option<f64>,
    ) -> NativeCall {
        let request = Request { client_id, instance_id, timeout: timeout_ms.map(milliseconds) };
        let events = Arc::clone(&self.events);
        NativeCall(self.client.start(request, move |outcome| events.tell(Event::ended(id, outcome))))
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

/// The facade keeps a client as long as it has calls; so they are ended here only where their environment ends.
impl Drop for NativeClient {
    fn drop(&mut self) {
        self.client.close();
    }
}

#[napi]
impl NativeCall {
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        // It is refused in a forked process only, which Node.js does not have.
        let _ = self.0.cancel();
    }
}
