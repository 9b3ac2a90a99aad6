//! Where a panic ends. The panic hook has reported it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::outcome::ErrorInfo;

/// Runs code that can fail. A panic in it is an error of kind `Internal`.
///
/// # Errors
/// Those of the code.
pub fn contain_panic<T>(code: impl FnOnce() -> Result<T, Box<ErrorInfo>>) -> Result<T, Box<ErrorInfo>> {
    catch_unwind(AssertUnwindSafe(code)).unwrap_or_else(|_| Err(ErrorInfo::panicked()))
}

/// Runs code of a binding. A panic in it has no effect.
pub(crate) fn ignore_panic(code: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(code));
}
