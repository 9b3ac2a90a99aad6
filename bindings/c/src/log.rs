//! Passes log events to the caller's function.

use std::ffi::{CString, c_char, c_void};

use devcred_bridge::{ErrorInfo, Log, LogLevel};

use crate::user_data::UserData;

/// devcred logs nothing at this level: it returns errors instead.
pub const DEVCRED_LOG_ERROR: i32 = 1;
/// Retries, and the first time that the rate limiter delays a call.
pub const DEVCRED_LOG_WARN: i32 = 2;
/// devcred logs nothing at this level.
pub const DEVCRED_LOG_INFO: i32 = 3;
/// Every attempt.
pub const DEVCRED_LOG_DEBUG: i32 = 4;
/// devcred logs nothing at this level; it includes the levels above.
pub const DEVCRED_LOG_TRACE: i32 = 5;

const LEVELS: [(i32, LogLevel); 5] = [
    (DEVCRED_LOG_ERROR, LogLevel::Error),
    (DEVCRED_LOG_WARN, LogLevel::Warn),
    (DEVCRED_LOG_INFO, LogLevel::Info),
    (DEVCRED_LOG_DEBUG, LogLevel::Debug),
    (DEVCRED_LOG_TRACE, LogLevel::Trace),
];

/// Called for each log event. `message` is one line, contains no secret, and is valid only during
/// the call.
pub type LogFunction = Option<unsafe extern "C" fn(user_data: *mut c_void, level: i32, message: *const c_char)>;

pub(crate) fn callback_log(
    level: i32,
    function: unsafe extern "C" fn(*mut c_void, i32, *const c_char),
    user_data: *mut c_void,
) -> Result<Log, Box<ErrorInfo>> {
    let known = LEVELS.iter().find(|(number, _)| *number == level);
    let (_, level) =
        known.ok_or_else(|| ErrorInfo::invalid_parameter("level must be DEVCRED_LOG_ERROR to DEVCRED_LOG_TRACE"))?;
    let user_data = UserData(user_data);
    Ok(Log::new(*level, move |level, line| {
        let number = LEVELS.iter().find(|(_, known)| *known == level).map_or(DEVCRED_LOG_TRACE, |(number, _)| *number);
        if let Ok(line) = CString::new(line) {
            // SAFETY: the header requires that the function may be called so.
            unsafe { function(user_data.get(), number, line.as_ptr()) };
        }
    }))
}
