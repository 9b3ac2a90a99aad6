//! Keeps the signals of the process away from the threads of the library. A signal that is sent to
//! the process goes to any thread that does not block it, and the program waits for its signals on
//! its own threads. SIGPIPE goes to the thread that writes to a connection which the peer has
//! reset, and would end the program.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
#[cfg(any(target_os = "android", target_os = "linux"))]
use nix::sys::signalfd::{SfdFlags, SignalFd};

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

/// Keeps SIGPIPE away from a thread of the host, which receives every other signal. On Apple's
/// systems, tokio's sockets raise none.
#[cfg(any(target_os = "android", target_os = "linux"))]
pub(crate) struct SigpipeFilter(SignalFd);

#[cfg(any(target_os = "android", target_os = "linux"))]
impl SigpipeFilter {
    /// # Errors
    /// The system refuses a file descriptor.
    pub(crate) fn new() -> nix::Result<Self> {
        SignalFd::with_flags(&Signal::SIGPIPE.into(), SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC).map(Self)
    }

    /// Runs code whose SIGPIPE this thread does not receive.
    pub(crate) fn run<T>(&self, code: impl FnOnce() -> T) -> T {
        let sigpipe: SigSet = Signal::SIGPIPE.into();
        let _blocked = Blocked { before: sigpipe.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok() };
        let result = code();
        // Takes a pending one, which the thread would receive as soon as it no longer blocks it.
        let _ = self.0.read_signal();
        result
    }
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

    #[cfg(any(target_os = "android", target_os = "linux"))]
    #[test]
    fn a_filter_blocks_and_takes_sigpipe_only() {
        use nix::sys::pthread::{pthread_kill, pthread_self};

        let filter = SigpipeFilter::new().unwrap();
        // The test program ignores SIGPIPE, but a blocked signal is pending even so.
        let before = SigSet::thread_get_mask().unwrap();
        for is_raised in [true, false, true] {
            let inside = filter.run(|| {
                if is_raised {
                    pthread_kill(pthread_self(), Signal::SIGPIPE).unwrap();
                }
                SigSet::thread_get_mask().unwrap()
            });
            assert_eq!(inside, before | Signal::SIGPIPE);
            assert_eq!(SigSet::thread_get_mask().unwrap(), before);
        }
        // A thread that blocks SIGPIPE itself has none that is pending.
        let _blocked = block();
        filter.run(|| pthread_kill(pthread_self(), Signal::SIGPIPE).unwrap());
        assert!(filter.0.read_signal().unwrap().is_none());
    }
}
