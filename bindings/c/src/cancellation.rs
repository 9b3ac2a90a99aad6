//! `pthread_cancel` must not unwind a thread inside the library, which waits in functions that are
//! cancellation points.

use std::ffi::c_int;

/// While this lives, a cancellation of its thread is pending.
pub(crate) struct Uncancellable {
    state_before: c_int,
}

impl Uncancellable {
    pub(crate) fn new() -> Self {
        Self { state_before: set_cancel_state(CANCEL_DISABLE) }
    }
}

impl Drop for Uncancellable {
    fn drop(&mut self) {
        set_cancel_state(self.state_before);
    }
}

const CANCEL_DISABLE: c_int = if cfg!(target_vendor = "apple") { 0 } else { 1 };

/// Sets the state of this thread and returns the one before.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn set_cancel_state(state: c_int) -> c_int {
    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, state_before: *mut c_int) -> c_int;
    }
    let mut state_before = 0;
    // SAFETY: the state is one of the two that exist, and the one before can be written.
    unsafe { pthread_setcancelstate(state, &raw mut state_before) };
    state_before
}

/// Android and Windows have no `pthread_cancel`.
#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn set_cancel_state(state: c_int) -> c_int {
    state
}
