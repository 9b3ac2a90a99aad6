//! What the bridge and its bindings refuse, worded once for every language.

use devcred::bridge_support;

use crate::outcome::ErrorInfo;

impl ErrorInfo {
    /// Refuses an argument.
    pub fn invalid_parameter(message: &str) -> Box<Self> {
        bridge_support::invalid_parameter(message).into()
    }

    /// Refuses a string that cannot be converted to UTF-8, in languages whose strings are UTF-16 or
    /// code points: converted anyway, it would be another string, such as another device's id.
    pub fn not_unicode(name: &str) -> Box<Self> {
        Self::invalid_parameter(&format!("{name} is not valid Unicode: it contains a lone surrogate"))
    }

    /// Refuses to block a thread of the bridge.
    pub fn blocking_in_callback() -> Box<Self> {
        Self::invalid_parameter("a blocking call inside a callback would wait for itself; start the call instead")
    }

    /// Refuses to wait, on a thread of the bridge, for the calls of a client.
    pub(crate) fn closing_in_callback() -> Box<Self> {
        Self::invalid_parameter(
            "closing a client inside a callback would wait for itself; close it outside of callbacks",
        )
    }

    /// Refuses a call of the parent process in a forked child.
    pub(crate) fn started_before_fork() -> Box<Self> {
        Self::invalid_parameter("this call was started before the process was forked and belongs to the parent process")
    }

    /// Refuses to return an outcome for the second time.
    pub(crate) fn outcome_already_taken() -> Box<Self> {
        Self::invalid_parameter("the outcome of this call was already taken")
    }

    /// Refuses a call of a closed client.
    pub fn client_is_closed() -> Box<Self> {
        Self::invalid_parameter("the client is closed")
    }

    /// Ends a call of a client that was closed meanwhile.
    pub(crate) fn closed_during_the_call() -> Box<Self> {
        let error = Self::invalid_parameter(
            "the client was closed during the call; a request that was already sent may have been billed",
        );
        Box::new(Self { possibly_billed: true, ..*error })
    }

    /// Reports that the system refused a thread.
    pub(crate) fn cannot_start_a_thread() -> Box<Self> {
        let advice = "Check the process's limits on threads and open files.";
        bridge_support::internal_error("cannot start a thread", Some(advice)).into()
    }

    /// Reports a panic. Its message goes only to the panic hook, because it may contain anything.
    pub fn panicked() -> Box<Self> {
        let advice = "Report it, with the panic's text on stderr.";
        bridge_support::internal_error("internal error in devcred", Some(advice)).into()
    }
}
