//! A client of the bridge: its configuration, and one pointer to the part that belongs to this
//! process.

use std::env;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use devcred::{Secret, bridge_support};

use crate::blocking::BlockingCall;
use crate::call::{self, CallHandle};
use crate::description::Description;
use crate::inner::Inner;
use crate::local_call;
use crate::log::{self, Log};
use crate::options::{self, Options};
use crate::outcome::{ErrorInfo, Outcome};
use crate::process::{self, Inherited, PerProcess, ProcessBound};
use crate::request::Request;
use crate::running::RunningCalls;
use crate::runtime::is_bridge_thread;

/// A client that any number of threads may use at once, in the process that opened it and in its
/// forked children.
///
/// Dropping it does not cancel its running calls; [`close`](Client::close) ends them.
pub struct Client {
    log: Option<Log>,
    /// Without the AccessKey, which can be replaced.
    description: Description,
    /// `None` once it is closed.
    inner: ArcSwapOption<ProcessBound<Inner>>,
    running: PerProcess<RunningCalls>,
}

impl Client {
    /// Checks the options and creates the connection pool. Nothing is sent, and no thread is
    /// started.
    ///
    /// `language` is the language of the caller's program, for the user agent: `c`, `python`,
    /// `node`, `kotlin` or `swift`. Without a `log`, events are dropped.
    ///
    /// # Errors
    /// `InvalidParameter` if an option or environment variable is missing or invalid.
    pub fn open(language: &'static str, options: Options, log: Option<Log>) -> Result<Self, Box<ErrorInfo>> {
        Self::open_with_variables(language, options, |name| env::var_os(name), log)
    }

    /// Like [`open`](Self::open), but reads the variables of [`VARIABLES`](crate::VARIABLES) from a
    /// function, because the environment of the caller's program may not be that of the process.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with_variables(
        language: &'static str,
        options: Options,
        look_up: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
        log: Option<Log>,
    ) -> Result<Self, Box<ErrorInfo>> {
        log::init();
        let core = options.build(language, look_up)?;
        let access_key = bridge_support::access_key(&core);
        let description = Description::new(&core);
        let inner = ArcSwapOption::from_pointee(ProcessBound::new(Inner::new(core, access_key)));
        Ok(Self { log, description, inner, running: PerProcess::empty() })
    }

    /// Starts a call. `complete` is called exactly once, whatever happens to the call, the client
    /// and the handle, on a thread of the bridge, also if the call is refused. Only if that thread
    /// cannot be started, `complete` is called on this one, before this function returns.
    ///
    /// `complete` must return soon: the bridge has one thread, so no other call makes progress
    /// meanwhile. It may start, cancel and close; a blocking call in it is refused. A panic in it
    /// ends there. It must not fork.
    pub fn start(&self, request: Request, complete: impl FnOnce(Outcome) + Send + 'static) -> CallHandle {
        self.start_with_handle(request, |_| (), complete)
    }

    /// Like [`start`](Self::start), but calls `on_start` with the handle before `complete` can run.
    pub fn start_with_handle(
        &self,
        request: Request,
        on_start: impl FnOnce(&CallHandle),
        complete: impl FnOnce(Outcome) + Send + 'static,
    ) -> CallHandle {
        let process = process::current();
        call::start(process, self.run(process, request), on_start, self.count_as_running(process, complete))
    }

    /// Starts a call that a thread waits for later.
    pub fn start_blocking(&self, request: Request) -> BlockingCall {
        BlockingCall::start(|complete| self.start(request, complete))
    }

    /// Makes a call and blocks until it has ended. The call runs on this thread. Only if many
    /// threads call at once, or if the thread runs tokio tasks or is ending, it waits for the
    /// thread of the bridge.
    ///
    /// In a completion or a log function it returns an error of kind `InvalidParameter` before
    /// anything is sent.
    pub fn call(&self, request: Request) -> Outcome {
        self.block(request, None, || ControlFlow::Continue(()))
    }

    /// Like [`call`](Self::call), but calls `check` after every `interval`. If `check` breaks, the
    /// call is cancelled and this returns [`Outcome::Cancelled`] immediately. `check` runs without
    /// any lock of the bridge, may make blocking calls, and may even fork.
    pub fn call_interruptible(
        &self,
        request: Request,
        interval: Duration,
        check: impl FnMut() -> ControlFlow<()>,
    ) -> Outcome {
        self.block(request, Some(interval), check)
    }

    /// Replaces the AccessKey: id, secret and security token together. Attempts that begin
    /// afterwards use the new key.
    ///
    /// # Errors
    /// `InvalidParameter` if the key is invalid or the client is closed; the client keeps the old
    /// key.
    pub fn set_access_key(
        &self,
        id: String,
        secret: &Secret,
        security_token: Option<&Secret>,
    ) -> Result<(), Box<ErrorInfo>> {
        let access_key = options::access_key(id, secret, security_token)?;
        Ok(self.inner()?.set_access_key(access_key)?)
    }

    /// Closes the client: running calls end soon and later calls immediately, both with an error of
    /// kind `InvalidParameter`, and the connections are closed. Closing a closed client does
    /// nothing.
    pub fn close(&self) {
        let Some(closed) = self.inner.swap(None) else {
            return;
        };
        if let Ok(inner) = closed.get() {
            inner.close();
        }
    }

    /// Closes the client like [`close`](Client::close), and blocks until no completion and no log
    /// function of its calls is running or will be called. It also waits for calls that are started
    /// meanwhile.
    ///
    /// # Errors
    /// `InvalidParameter` in a completion or a log function, which would wait for itself; the
    /// client stays open.
    pub fn close_and_wait(&self) -> Result<(), Box<ErrorInfo>> {
        if is_bridge_thread() {
            return Err(ErrorInfo::closing_in_callback());
        }
        self.close();
        self.running.get_or_init(RunningCalls::default).wait_for_none();
        Ok(())
    }

    /// Returns whether the client is closed.
    pub fn is_closed(&self) -> bool {
        self.inner.load().is_none()
    }

    /// Returns what a text about the client may show.
    pub fn describe(&self) -> Description {
        let description = self.description.clone();
        match self.inner.load_full().as_deref().map(ProcessBound::get) {
            Some(Ok(inner)) => description.with_access_key_id(&inner.access_key_id()),
            Some(Err(Inherited(parents))) => description.with_access_key_id(&parents.access_key_id()),
            None => description,
        }
    }
}

impl Client {
    fn block(&self, request: Request, interval: Option<Duration>, check: impl FnMut() -> ControlFlow<()>) -> Outcome {
        if is_bridge_thread() {
            return ErrorInfo::blocking_in_callback().into();
        }
        let process = process::current();
        let running = self.running.get_or_init_in(process, RunningCalls::default).add();
        let inner = match self.inner_in(process) {
            Ok(inner) => inner,
            Err(error) => return error.into(),
        };
        if let Some(runtime) = inner.runtimes.take(|| inner.new_client()) {
            let call = local_call::new(inner, runtime, self.log.clone(), running, request);
            return call.run(process, interval, check);
        }
        // A child that `check` forks must not drop them.
        drop((inner, running));
        let call = self.start_blocking(request);
        let Some(interval) = interval else {
            return call.wait();
        };
        call.wait_interruptible(interval, check).unwrap_or_else(|| {
            // This fails if `check` has forked: the call belongs to the parent process then.
            let _ = call.cancel();
            Outcome::Cancelled
        })
    }

    /// Returns the part that belongs to this process. A forked child rebuilds it from its parent's.
    fn inner(&self) -> Result<Arc<Inner>, Box<ErrorInfo>> {
        self.inner_in(process::current())
    }

    fn inner_in(&self, process: u32) -> Result<Arc<Inner>, Box<ErrorInfo>> {
        loop {
            let found = self.inner.load_full();
            let Some(bound) = &found else {
                return Err(ErrorInfo::client_is_closed());
            };
            match bound.get_in(process) {
                Ok(inner) => return Ok(Arc::clone(inner)),
                Err(Inherited(parents)) => {
                    // If several threads of the child come first, one of them wins; what the others
                    // have rebuilt is dropped.
                    let rebuilt = Arc::new(ProcessBound::new(parents.rebuild()?));
                    self.inner.compare_and_swap(&found, Some(rebuilt));
                }
            }
        }
    }

    /// Counts a call as running until `complete` has returned.
    fn count_as_running<C: FnOnce(Outcome) + Send + 'static>(
        &self,
        process: u32,
        complete: C,
    ) -> impl FnOnce(Outcome) + Send + 'static + use<C> {
        let running = self.running.get_or_init_in(process, RunningCalls::default).add();
        move |outcome| {
            let _running = running;
            complete(outcome);
        }
    }

    /// Returns the future of a call. It owns all that it needs, so it can outlive the client.
    fn run(&self, process: u32, request: Request) -> impl Future<Output = Outcome> + Send + 'static + use<> {
        let inner = self.inner_in(process);
        let call = async move {
            match inner {
                Ok(inner) => inner.call_on_bridge_thread(request).await,
                Err(error) => error.into(),
            }
        };
        log::with_log(self.log.clone(), call)
    }
}

#[cfg(test)]
mod tests;
