//! Locks a mutex.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Ignores poisoning: no code panics while a value is half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
