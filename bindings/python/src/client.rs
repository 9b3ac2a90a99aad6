//! What both clients of the package are built on.

use std::ops::ControlFlow;
use std::time::Duration;

use devcred_bridge as bridge;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::inbox::Inbox;
use crate::log::imported;
use crate::options::{given, options, request, secret, text};
use crate::{door, log, outcome};

/// How often a thread that waits may let Python do what it has to do there.
const TURN: Duration = Duration::from_millis(100);

/// A thread that is not the main one lets it at each of the first turns, later at every tenth: only the main one runs handlers of
/// signals, and many threads that wait must not keep the GIL busy.
const FIRST_TURNS: u32 = 10;

/// Runs the handlers of signals, Ctrl-C's among them, and raises what another thread has sent to this one, as runners of jobs do:
/// Python turns to both where a function of its own begins, and `PyErr_CheckSignals` looks for the first only.
fn let_python_run(py: Python<'_>) -> PyResult<()> {
    static FUNCTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    FUNCTION.import(py, "devcred._client", "let_python_run")?.call0().map(drop)
}

/// Without `threading` there is no other thread worth a name.
fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    let Some(threading) = imported(py, "threading")? else {
        return Ok(true);
    };
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    threading.call_method0("get_ident")?.eq(main)
}

#[pyclass(frozen, module = "devcred._native")]
pub(crate) struct Client(bridge::Client);

#[pymethods]
impl Client {
    /// With the GIL held, though it may read files: so no other thread can fork, or set a variable of the environment, meanwhile.
    #[new]
    fn new(py: Python<'_>, from_env: bool, given: &Bound<'_, PyDict>) -> PyResult<Self> {
        let options = options(from_env, given)?;
        bridge::Client::open(options).map(Self).map_err(|refused| outcome::exception(py, *refused))
    }

    /// Makes a call and waits for its end, without the GIL.
    fn call<'py>(
        &self,
        py: Python<'py>,
        client_id: &Bound<'py, PyAny>,
        instance_id: &Bound<'py, PyAny>,
        timeout: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let request = request(client_id, instance_id, timeout)?;
        log::look(py)?;
        let is_main = is_main_thread(py)?;
        let (mut turns, mut raised) = (0_u32, None);
        let (outcome, _inside) = py.detach(|| {
            let outcome = self.0.call_interruptible(request, TURN, || {
                turns += 1;
                if !is_main && turns > FIRST_TURNS && !turns.is_multiple_of(FIRST_TURNS) {
                    return ControlFlow::Continue(());
                }
                match door::enter(let_python_run) {
                    Some(Ok(())) => ControlFlow::Continue(()),
                    Some(Err(error)) => {
                        raised = Some(error);
                        ControlFlow::Break(())
                    }
                    None => ControlFlow::Break(()),
                }
            });
            (outcome, door::come_back())
        });
        raised.map_or_else(|| outcome::to_python(py, outcome), Err)
    }

    /// Starts a call. Its outcome becomes that of `future`, which belongs to the event loop of `inbox`.
    fn start(
        &self,
        py: Python<'_>,
        inbox: &Inbox,
        future: Py<PyAny>,
        client_id: &Bound<'_, PyAny>,
        instance_id: &Bound<'_, PyAny>,
        timeout: &Bound<'_, PyAny>,
    ) -> PyResult<Call> {
        let request = request(client_id, instance_id, timeout)?;
        log::look(py)?;
        Ok(Call(self.0.start(request, inbox.expect(future))))
    }

    fn set_access_key(
        &self,
        py: Python<'_>,
        key_id: &Bound<'_, PyAny>,
        key_secret: &Bound<'_, PyAny>,
        security_token: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let key_id = text("access_key_id", key_id)?;
        let key_secret = secret("access_key_secret", key_secret)?;
        let security_token = given("security_token", security_token, secret)?;
        // Without the GIL: another thread of the caller's may be at it, too.
        let (replaced, _inside) =
            py.detach(|| (self.0.set_access_key(key_id, &key_secret, security_token.as_ref()), door::come_back()));
        replaced.map_err(|refused| outcome::exception(py, *refused))
    }

    fn close(&self) {
        self.0.close();
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// A call that was started.
#[pyclass(frozen, module = "devcred._native")]
pub(crate) struct Call(bridge::Call);

#[pymethods]
impl Call {
    /// Ends it soon. Where it has ended, and in a process that was forked off since, this does nothing.
    fn cancel(&self) {
        let _ = self.0.cancel();
    }
}
