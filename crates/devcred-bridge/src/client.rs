//! A client of the bridge: plain configuration, and one pointer to what lives in this process.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use devcred::{Error, Secret, bridge_support};

use crate::call::{self, Call};
use crate::living::Living;
use crate::log::{self, Log};
use crate::options::{self, Options, Request};
use crate::outcome::{ErrorInfo, Outcome};
use crate::process::{Inherited, OfProcess, PerProcess};
use crate::running::Running;
use crate::runtime::is_bridge_thread;
use crate::wait::{self, Pending};

/// A client that every thread may use at once, in the process that opened it and in each that is
/// forked from it.
///
/// Dropping it leaves the calls that run as they are; [`close`](Client::close) ends them.
pub struct Client {
    log: Option<Log>,
    /// `None` once it is closed.
    living: ArcSwapOption<OfProcess<Living>>,
    running: PerProcess<Running>,
}

impl Client {
    /// Checks the options and sets up the connection pool. Nothing is sent, and no thread is
    /// started.
    ///
    /// # Errors
    /// `InvalidParameter` for an option, or a variable of the environment, that cannot be used.
    pub fn open(mut options: Options) -> Result<Self, Box<ErrorInfo>> {
        log::prepare();
        let log = options.log.take();
        let core = options.build()?;
        let access_key = bridge_support::access_key(&core);
        let living = OfProcess::new(Living::new(core, access_key));
        Ok(Self { log, living: ArcSwapOption::from_pointee(living), running: PerProcess::empty() })
    }

    /// Starts a call. `complete` is called exactly once, whatever becomes of the call, this client
    /// and the handle: on a thread of the bridge, even if the call is refused. Only if that thread
    /// cannot be started, it is called on this one, before this returns.
    ///
    /// `complete` must return soon: the bridge has one thread, and no other call makes progress
    /// before. It may start calls, and cancel and close; a blocking call inside it is refused. A
    /// panic in it goes no further. It must not fork.
    pub fn start(&self, request: Request, complete: impl FnOnce(Outcome) + Send + 'static) -> Call {
        self.start_with(request, |_| (), complete)
    }

    /// The same. `begin` is shown the call before `complete` can be called: what it makes of the
    /// handle is there by then.
    pub fn start_with(
        &self,
        request: Request,
        begin: impl FnOnce(&Call),
        complete: impl FnOnce(Outcome) + Send + 'static,
    ) -> Call {
        call::start(self.call_of(request), begin, self.counted(complete))
    }

    /// Starts a call whose outcome is waited for.
    pub fn begin(&self, request: Request) -> Pending {
        Pending::start(|complete| self.start(request, complete))
    }

    /// Makes a call and blocks until it has ended.
    ///
    /// On a thread of the bridge it returns an error of kind `InvalidParameter` before anything is
    /// sent.
    pub fn call(&self, request: Request) -> Outcome {
        if is_bridge_thread() {
            return wait::on_bridge_thread().into();
        }
        self.begin(request).wait()
    }

    /// Like [`call`](Self::call), but calls `check` after every `interval`. If `check` breaks, the
    /// call is cancelled and this returns [`Outcome::Cancelled`] immediately.
    pub fn call_interruptible(
        &self,
        request: Request,
        interval: Duration,
        check: impl FnMut() -> ControlFlow<()>,
    ) -> Outcome {
        if is_bridge_thread() {
            return wait::on_bridge_thread().into();
        }
        let pending = self.begin(request);
        pending.wait_interruptible(interval, check).unwrap_or_else(|| {
            // This fails if `check` has forked: the call belongs to the parent process then.
            let _ = pending.cancel();
            Outcome::Cancelled
        })
    }

    /// Replaces the key: id, secret and token together. Attempts that begin afterwards are signed
    /// with it.
    ///
    /// # Errors
    /// `InvalidParameter`, with the old key still in use, for a key that cannot be used and on a
    /// closed client.
    pub fn set_access_key(
        &self,
        id: String,
        secret: &Secret,
        security_token: Option<&Secret>,
    ) -> Result<(), Box<ErrorInfo>> {
        let access_key = options::access_key(id, secret, security_token)?;
        Ok(self.living()?.set_access_key(access_key)?)
    }

    /// Closes the client: calls that run end soon, calls made afterwards at once, both with an
    /// error of kind `InvalidParameter`, and the connections are closed. Closing it again does
    /// nothing.
    pub fn close(&self) {
        let Some(closed) = self.living.swap(None) else {
            return;
        };
        if let Ok(living) = closed.here() {
            living.close();
        }
    }

    /// Closes the client as [`close`](Client::close) does, and blocks until no completion and no
    /// log function of its calls runs or will be called: those that ran were called and have
    /// returned. A call that is started meanwhile is waited for too.
    ///
    /// # Errors
    /// `InvalidParameter`, with the client still open, in a completion or a log function: it would
    /// wait for itself.
    pub fn close_and_wait(&self) -> Result<(), Box<ErrorInfo>> {
        if is_bridge_thread() {
            let why = "closing a client inside a callback could wait for itself: close it outside of callbacks";
            return Err(ErrorInfo::invalid_parameter(why));
        }
        self.close();
        self.running.get_or(Running::default).wait_for_none();
        Ok(())
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.living.load().is_none()
    }
}

impl Client {
    /// What lives in this process: in a forked child, built anew from what its parent has left.
    fn living(&self) -> Result<Arc<Living>, Error> {
        loop {
            let found = self.living.load_full();
            let Some(of_process) = &found else {
                return Err(bridge_support::invalid_parameter("the client is closed"));
            };
            match of_process.here() {
                Ok(living) => return Ok(Arc::clone(living)),
                Err(Inherited(parents)) => {
                    // The first of the child's threads counts; what the others have built is
                    // dropped.
                    let anew = Arc::new(OfProcess::new(parents.anew()?));
                    self.living.compare_and_swap(&found, Some(anew));
                }
            }
        }
    }

    /// Counts a call as running until this completion has returned.
    fn counted<C: FnOnce(Outcome) + Send + 'static>(
        &self,
        complete: C,
    ) -> impl FnOnce(Outcome) + Send + 'static + use<C> {
        let entry = self.running.get_or(Running::default).enter();
        move |outcome| {
            let _entry = entry;
            complete(outcome);
        }
    }

    /// The call, with all that it needs of this client, so that it can outlive it.
    fn call_of(&self, request: Request) -> impl Future<Output = Outcome> + Send + 'static + use<> {
        let living = self.living();
        let call = async move {
            match living {
                Ok(living) => living.call(request).await,
                Err(error) => error.into(),
            }
        };
        log::telling(self.log.clone(), call)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use devcred::ErrorKind;
    use devcred_emulator::Emulator;
    use tokio::runtime::Runtime;

    use super::*;
    use crate::PANICS;
    use crate::process::tests::as_if_forked;

    /// How long a test waits for what must happen.
    const LIMIT: Duration = Duration::from_secs(30);

    /// An emulator that knows two keys, and a client that has the first.
    fn service() -> (Runtime, Emulator, Client) {
        let runtime = Runtime::new().unwrap();
        let builder = Emulator::builder().access_key("first", "first-s3cr3t").access_key("second", "second-s3cr3t");
        let emulator = runtime.block_on(builder.start()).unwrap();
        let mut options = Options::new("c");
        options.access_key_id = Some("first".to_owned());
        options.access_key_secret = Some(Secret::new("first-s3cr3t"));
        options.endpoint = Some(emulator.endpoint().to_owned());
        options.instance_id = Some("post-cn-0pp12gl****".to_owned());
        (runtime, emulator, Client::open(options).unwrap())
    }

    fn request(client_id: &str) -> Request {
        Request { client_id: client_id.to_owned(), instance_id: None, timeout: None }
    }

    fn call(client: &Client, client_id: &str) -> Outcome {
        client.call(request(client_id))
    }

    fn refusal(outcome: Outcome) -> ErrorInfo {
        match outcome {
            Outcome::Error(error) => *error,
            other => panic!("{other:?}"),
        }
    }

    /// Only has to compile: every binding shares its clients and handles between threads.
    #[test]
    fn clients_calls_and_outcomes_can_be_sent_and_shared() {
        fn is_send_and_sync<T: Send + Sync>() {}
        is_send_and_sync::<Client>();
        is_send_and_sync::<Call>();
        is_send_and_sync::<Pending>();
        is_send_and_sync::<Outcome>();
    }

    #[test]
    fn a_panic_in_a_call_is_an_error_and_the_next_call_works() {
        let (_runtime, _emulator, client) = service();
        let error = refusal(call(&client, PANICS));
        assert_eq!((error.kind, error.retryable, error.attempts), (ErrorKind::Internal, false, 0));
        assert!(!error.text.contains("asked for by a test"), "{}", error.text);
        assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Ok(_)));
    }

    #[test]
    fn a_forked_child_has_a_working_client_with_the_key_of_its_parent() {
        let (_runtime, emulator, client) = service();
        assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Ok(_)));
        client.set_access_key("second".to_owned(), &Secret::new("second-s3cr3t"), None).unwrap();
        as_if_forked(|| {
            assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Ok(_)));
            client.set_access_key("first".to_owned(), &Secret::new("first-s3cr3t"), None).unwrap();
            assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Ok(_)));
        });
        let keys: Vec<_> = emulator.calls().into_iter().filter_map(|call| call.access_key_id).collect();
        assert_eq!(keys, ["first", "second", "first"]);
        // The parent's connection is not the child's, which has one.
        assert_eq!(emulator.accepted_connections(), 2);
    }

    #[test]
    fn a_call_of_the_parent_is_not_the_childs() {
        let (runtime, emulator, client) = service();
        let (told, outcomes) = channel();
        let hanging = || request("GID_test@@@fault-hang");
        let pending = client.begin(hanging());
        let call = client.start(hanging(), move |outcome| told.send(outcome).unwrap());
        runtime.block_on(emulator.wait_for(LIMIT, |journal| journal.calls().len() == 2)).unwrap();
        as_if_forked(|| {
            let refused = refusal(pending.wait());
            assert_eq!(refused.kind, ErrorKind::InvalidParameter);
            assert!(refused.message.contains("started before the process was forked"), "{}", refused.text);
            assert_eq!(*pending.cancel().unwrap_err(), refused);
            assert_eq!(*call.cancel().unwrap_err(), refused);
            drop((pending, call));
            client.close();
        });
        assert_eq!(emulator.open_connections(), 2);
        assert!(outcomes.try_recv().is_err());
    }

    #[test]
    fn a_check_may_fork_and_the_child_is_told_that_the_call_is_not_its_own() {
        let (_runtime, _emulator, client) = service();
        let pending = client.begin(request("GID_test@@@fault-hang"));
        let mut pretended = None;
        let outcome = pending.wait_interruptible(Duration::from_millis(1), || {
            pretended = Some(crate::process::tests::pretend_fork());
            ControlFlow::Continue(())
        });
        drop(pretended);
        assert!(refusal(outcome.unwrap()).message.contains("started before the process was forked"));
    }

    #[test]
    fn nothing_of_the_parents_client_is_dropped_in_a_child() {
        for use_it in [(|client| drop(call(&client, "GID_test@@@test"))) as fn(Client), drop, |client| client.close()] {
            let (_runtime, _emulator, client) = service();
            let parents = Arc::downgrade(&client.living().unwrap());
            as_if_forked(|| use_it(client));
            assert!(parents.upgrade().is_some());
        }
        let (_runtime, _emulator, client) = service();
        let own = Arc::downgrade(&client.living().unwrap());
        drop(client);
        assert!(own.upgrade().is_none());
    }
}
