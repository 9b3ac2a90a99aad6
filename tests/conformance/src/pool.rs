//! The probes of one language: up to eight, each with one call at a time, and replaced if it is
//! late or has ended.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::language::Language;
use crate::limits::Limits;
use crate::probe::Probe;

/// The maximum number of probes of a language, and so of its concurrent cases.
pub const SIZE: usize = 8;

/// The probes of a language, started as they are needed.
pub struct Pool {
    language: Language,
    limits: Limits,
    is_traced: bool,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Probe>,
    in_use: usize,
    started: usize,
    /// Failures of probes that served one case only, after their answers.
    late: Vec<String>,
}

impl Pool {
    /// Creates a pool. Probes are started when they are needed.
    pub fn new(language: Language, limits: Limits) -> Self {
        Self { language, limits, is_traced: false, state: Mutex::default(), returned: Condvar::new() }
    }

    /// Adds the requests and responses of a failed case to its report.
    #[must_use]
    pub fn traced(self, is_traced: bool) -> Self {
        Self { is_traced, ..self }
    }

    pub(crate) fn is_traced(&self) -> bool {
        self.is_traced
    }

    /// Returns the language of the probes.
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// Returns how long the driver waits for them.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns the number of probes that were started.
    pub fn started(&self) -> usize {
        self.state().started
    }

    /// Returns the process ids of the idle probes.
    pub fn idle_processes(&self) -> Vec<u32> {
        self.state().idle.iter().map(Probe::process_id).collect()
    }

    /// Runs the work with a probe, after waiting until fewer than eight are in use. If there are
    /// variables, a new probe is started for this case only.
    ///
    /// # Errors
    /// The probe cannot be started.
    pub(crate) fn with_probe<T>(
        &self,
        environment: &BTreeMap<String, String>,
        work: impl FnOnce(&mut Probe) -> T,
    ) -> Result<T, String> {
        let _slot = self.take_slot();
        let idle = if environment.is_empty() { self.state().idle.pop() } else { None };
        let mut probe = match idle {
            Some(probe) => probe,
            None => {
                self.state().started += 1;
                Probe::start(&self.language, environment)?
            }
        };
        let done = work(&mut probe);
        match (probe.is_in_sync(), environment.is_empty()) {
            (true, true) => self.state().idle.push(probe),
            (true, false) => {
                let late = probe.finish(self.limits.end).err();
                self.state().late.extend(late);
            }
            (false, _) => {}
        }
        Ok(done)
    }

    /// Ends the probes, and returns their failures after their last answers.
    pub fn finish(&self) -> Vec<String> {
        let idle = std::mem::take(&mut self.state().idle);
        let mut late = std::mem::take(&mut self.state().late);
        late.extend(idle.into_iter().filter_map(|probe| probe.finish(self.limits.end).err()));
        late
    }

    fn take_slot(&self) -> Slot<'_> {
        let waited = self.returned.wait_while(self.state(), |state| state.in_use >= SIZE);
        waited.unwrap_or_else(PoisonError::into_inner).in_use += 1;
        Slot(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to use one of the probes, until it is dropped.
struct Slot<'a>(&'a Pool);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.state().in_use -= 1;
        self.0.returned.notify_one();
    }
}
