//! The client on which both clients of the package are built.

use std::ops::ControlFlow;
use std::time::Duration;

use devcred_bridge::{self as bridge, CallHandle, Description, ErrorInfo};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::arguments::{FromPython, optional, options, request};
use crate::completion_queue::CompletionQueue;
use crate::log::{BlockedThread, module_if_imported};
use crate::{attach, log, outcome};

/// How often a blocked thread runs pending signal handlers.
const SIGNAL_POLL: Duration = Duration::from_millis(100);

/// Only the main thread runs signal handlers. Other threads poll this often, then only at every
/// tenth interval, so that many waiting threads do not keep the GIL busy.
const EAGER_POLLS: u32 = 10;

/// Runs signal handlers, such as that of Ctrl-C, and raises exceptions that another thread has sent
/// to this one, as job runners do. Python does both when a function of Python starts;
/// `PyErr_CheckSignals` only runs signal handlers.
pub(crate) fn run_signal_handlers(py: Python<'_>) -> PyResult<()> {
    static FUNCTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    FUNCTION.import(py, "devcred._client", "run_signal_handlers")?.call0().map(drop)
}

/// If `threading` was never imported, this is the only Python thread.
fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    let Some(threading) = module_if_imported(py, "threading")? else {
        return Ok(true);
    };
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    threading.call_method0("get_ident")?.eq(main)
}

#[pyclass(frozen, module = "devcred._native")]
pub(crate) struct Client(bridge::Client);

#[pymethods]
impl Client {
    /// Holds the GIL although it may read files, so that no other thread can fork or change the
    /// environment meanwhile.
    #[new]
    fn new(py: Python<'_>, from_env: bool, keywords: &Bound<'_, PyDict>) -> PyResult<Self> {
        let client = bridge::Client::open("python", options(from_env, keywords)?, Some(log::to_logger()));
        client.map(Self).map_err(|error| outcome::exception(py, *error))
    }

    /// Makes a call and waits for its outcome without the GIL.
    fn call<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        client_id: &Bound<'py, PyAny>,
        instance_id: &Bound<'py, PyAny>,
        timeout: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let request = request(operation, client_id, instance_id, timeout)?;
        log::refresh_level(py)?;
        let (mut polls, mut is_main, mut raised) = (0_u32, true, None);
        let blocked = BlockedThread::new();
        let (outcome, _guard) = py.detach(|| {
            let outcome = self.0.call_interruptible(request, SIGNAL_POLL, || {
                raised = blocked.take_interrupt();
                if raised.is_some() {
                    return ControlFlow::Break(());
                }
                polls += 1;
                if !is_main && polls > EAGER_POLLS && !polls.is_multiple_of(EAGER_POLLS) {
                    return ControlFlow::Continue(());
                }
                let poll = |py: Python<'_>| {
                    // Most calls end before the first poll, so they need not ask.
                    is_main = is_main_thread(py)?;
                    run_signal_handlers(py)
                };
                match attach::try_attach(poll) {
                    Some(Ok(())) => ControlFlow::Continue(()),
                    Some(Err(error)) => {
                        raised = Some(error);
                        ControlFlow::Break(())
                    }
                    None => ControlFlow::Break(()),
                }
            });
            (outcome, attach::reattach_or_park())
        });
        raised.or_else(|| blocked.take_interrupt()).map_or_else(|| outcome::to_python(py, outcome), Err)
    }

    /// Starts a call in the running event loop. Returns the future that its outcome resolves, and
    /// the call.
    fn start<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        client_id: &Bound<'py, PyAny>,
        instance_id: &Bound<'py, PyAny>,
        timeout: &Bound<'py, PyAny>,
    ) -> PyResult<(Bound<'py, PyAny>, Call)> {
        // The module needs asyncio, which only a program with an event loop imports.
        static CREATE_FUTURE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let request = request(operation, client_id, instance_id, timeout)?;
        log::refresh_level(py)?;
        let created = CREATE_FUTURE.import(py, "devcred._event_loop", "create_future")?.call0()?;
        let (future, queue): (Bound<'py, PyAny>, PyRef<'py, CompletionQueue>) = created.extract()?;
        let call = self.0.start(request, queue.callback_for(future.clone().unbind()));
        Ok((future, Call(call)))
    }

    fn set_access_key(
        &self,
        py: Python<'_>,
        key_id: &Bound<'_, PyAny>,
        key_secret: &Bound<'_, PyAny>,
        security_token: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let key_id = String::from_python("access_key_id", key_id)?;
        let key_secret = bridge::Secret::from_python("access_key_secret", key_secret)?;
        let security_token: Option<bridge::Secret> = optional("security_token", security_token)?;
        // Without the GIL, because another thread of the caller may be replacing the key too.
        let (replaced, _guard) = py.detach(|| {
            let replaced = self.0.set_access_key(key_id, &key_secret, security_token.as_ref());
            (replaced, attach::reattach_or_park())
        });
        replaced.map_err(|error| outcome::exception(py, *error))
    }

    fn close(&self) {
        self.0.close();
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Raises what a call raises if the client is closed.
    fn check_open(&self, py: Python<'_>) -> PyResult<()> {
        if self.0.is_closed() {
            return Err(outcome::exception(py, *ErrorInfo::client_is_closed()));
        }
        Ok(())
    }

    /// Returns the endpoint, the beginning of the AccessKey id and the instance id, as far as the
    /// client has them, and whether it is closed.
    fn describe(&self) -> (String, Option<String>, Option<String>, bool) {
        let Description { endpoint, access_key_id, instance_id, is_closed } = self.0.describe();
        (endpoint, access_key_id, instance_id, is_closed)
    }
}

/// A started call.
#[pyclass(frozen, module = "devcred._native")]
pub(crate) struct Call(CallHandle);

#[pymethods]
impl Call {
    /// Cancels the call. If it has ended, and in a forked process, this does nothing.
    fn cancel(&self) {
        let _ = self.0.cancel();
    }
}
