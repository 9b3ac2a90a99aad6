//! Locking.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// No lock is held where something could panic half-way, so a poisoned one is as good as any.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
