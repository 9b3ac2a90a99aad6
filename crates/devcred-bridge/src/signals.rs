//! Keeps the signals of the process away from the threads of the library. A signal that is sent to
//! the process goes to any thread that does not block it, and the program waits for its signals on
//! its own threads. SIGPIPE goes to the thread that writes to a connection which the peer has
//! reset, and would end the program.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};

/// Signals that a thread raises for itself. If one is blocked, the process ends without calling its
/// handler.
const SYNCHRONOUS: [Signal; 7] =
    [Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGFPE, Signal::SIGILL, Signal::SIGTRAP, Signal::SIGABRT, Signal::SIGSYS];

/// Blocks every other signal on this thread while it lives. A thread that is started meanwhile
/// blocks them forever.
pub(crate) struct Blocked {
    /// `None` if the system refused it.
    before: Option<SigSet>,
}

pub(crate) fn block() -> Blocked {
    let mut asynchronous = SigSet::all();
    SYNCHRONOUS.into_iter().for_each(|signal| asynchronous.remove(signal));
    Blocked { before: asynchronous.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok() }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // It cannot fail: this thread had this mask before.
        let _ = self.before.map(|before| before.thread_set_mask());
    }
}

/// Runs code on a thread of the host, which does not receive the SIGPIPE of the code, but every
/// other signal. On Apple's systems, tokio's sockets raise none.
#[cfg(any(target_os = "android", target_os = "linux"))]
pub(crate) fn without_sigpipe<T>(code: impl FnOnce() -> T) -> T {
    use nix::sys::pthread::{pthread_kill, pthread_self};

    let sigpipe: SigSet = Signal::SIGPIPE.into();
    let blocked = Blocked { before: sigpipe.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok() };
    let result = code();
    if blocked.before.is_some() {
        // The thread would receive a SIGPIPE as soon as it no longer blocks it. At most one is
        // pending, and after this exactly one, which is taken.
        let _ = pthread_kill(pthread_self(), Signal::SIGPIPE).and_then(|()| sigpipe.wait());
    }
    result
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_that_is_started_meanwhile_blocks_what_is_asynchronous_and_this_one_only_meanwhile() {
        let before = SigSet::thread_get_mask().unwrap();
        let inherited = {
            let _blocked = block();
            thread::spawn(|| SigSet::thread_get_mask().unwrap())
        };
        assert_eq!(SigSet::thread_get_mask().unwrap(), before);
        let inherited = inherited.join().unwrap();
        for signal in Signal::iterator().filter(|signal| ![Signal::SIGKILL, Signal::SIGSTOP].contains(signal)) {
            assert_eq!(inherited.contains(signal), !SYNCHRONOUS.contains(&signal), "{signal}");
        }
    }
}
