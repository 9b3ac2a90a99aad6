//! The probes of one language: up to eight, each asked one call at a time, and replaced when it is late or gone.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::language::Language;
use crate::limits::Limits;
use crate::probe::Probe;

/// How many probes a language has at most, and so how many of its cases run at once.
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
    lent: usize,
    started: usize,
    /// What was wrong with probes that served one case only, after their answers.
    late: Vec<String>,
}

impl Pool {
    /// No probe is started before one is asked for.
    pub fn new(language: Language, limits: Limits) -> Self {
        Self { language, limits, is_traced: false, state: Mutex::default(), returned: Condvar::new() }
    }

    /// With the requests and responses of a failed case in its report.
    #[must_use]
    pub fn traced(self, is_traced: bool) -> Self {
        Self { is_traced, ..self }
    }

    pub(crate) fn is_traced(&self) -> bool {
        self.is_traced
    }

    /// Whose probes these are.
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// How long the driver waits for them.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// How many probes have been started so far.
    pub fn started(&self) -> usize {
        self.state().started
    }

    /// The processes of the probes that wait to be asked again.
    pub fn idle_processes(&self) -> Vec<u32> {
        self.state().idle.iter().map(Probe::process_id).collect()
    }

    /// Lends a probe; it waits while eight are lent. With variables of its own the probe is a fresh one, for this case only.
    ///
    /// # Errors
    /// Why no probe can be started.
    pub(crate) fn lend<T>(
        &self,
        environment: &BTreeMap<String, String>,
        work: impl FnOnce(&mut Probe) -> T,
    ) -> Result<T, String> {
        let _place = self.take_place();
        let idle = if environment.is_empty() { self.state().idle.pop() } else { None };
        let mut probe = match idle {
            Some(probe) => probe,
            None => {
                self.state().started += 1;
                Probe::start(&self.language, environment)?
            }
        };
        let done = work(&mut probe);
        match (probe.is_in_step(), environment.is_empty()) {
            (true, true) => self.state().idle.push(probe),
            (true, false) => {
                let late = probe.finish(self.limits.end).err();
                self.state().late.extend(late);
            }
            (false, _) => {}
        }
        Ok(done)
    }

    /// Ends the probes, and says what was wrong with them after their last answers.
    pub fn finish(&self) -> Vec<String> {
        let idle = std::mem::take(&mut self.state().idle);
        let mut late = std::mem::take(&mut self.state().late);
        late.extend(idle.into_iter().filter_map(|probe| probe.finish(self.limits.end).err()));
        late
    }

    fn take_place(&self) -> Place<'_> {
        let waited = self.returned.wait_while(self.state(), |state| state.lent >= SIZE);
        waited.unwrap_or_else(PoisonError::into_inner).lent += 1;
        Place(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the places at the probes, free again when it is dropped.
struct Place<'a>(&'a Pool);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.state().lent -= 1;
        self.0.returned.notify_one();
    }
}
