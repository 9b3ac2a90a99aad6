//! Looks up names with the system's resolver, on threads whose creation may fail without a panic.

use std::collections::{HashMap, VecDeque};
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::watch;

/// The number of names that a resolver looks up at a time. A look-up cannot be cancelled, so
/// without a limit a name server that does not respond would block a thread per name.
const MAX_THREADS: usize = 4;

/// Looks names up. RetryState that ask for the same name at the same time share one look-up, and
/// every clone shares the threads. A thread ends when no name is left to look up.
#[derive(Clone)]
pub struct Resolver {
    shared: Arc<Shared>,
}

/// Why there are no addresses.
#[derive(Clone, Debug)]
pub(crate) enum ResolveError {
    /// The system refused a thread.
    NoThread,
    Failed(Arc<io::Error>),
}

type LookUp = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;
type Work = Box<dyn FnOnce() + Send>;
type Spawn = dyn Fn(Work) -> io::Result<()> + Send + Sync;
type Addresses = Result<Vec<SocketAddr>, ResolveError>;

struct Shared {
    look_up: Box<LookUp>,
    spawn: Box<Spawn>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The names that are queued or looked up now, each with the channel on which its attempts
    /// wait.
    names: HashMap<String, watch::Sender<Option<Addresses>>>,
    queue: VecDeque<String>,
    threads: usize,
}

impl Resolver {
    /// Creates a resolver over the system's. It starts no thread before the first look-up.
    #[allow(clippy::new_without_default, reason = "each has separate threads, so creating one is a decision")]
    pub fn new() -> Self {
        Self::with_threads(|work| thread::Builder::new().name("devcred-resolve".to_owned()).spawn(work).map(drop))
    }

    /// Creates a resolver that starts its threads with this function.
    pub fn with_threads(spawn: impl Fn(Box<dyn FnOnce() + Send>) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::with(|name| (name, 0).to_socket_addrs().map(Iterator::collect), spawn)
    }

    fn with(
        look_up: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
        spawn: impl Fn(Work) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared { look_up: Box::new(look_up), spawn: Box::new(spawn), state: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    async fn addresses(&self, name: &str) -> Addresses {
        let mut result = self.shared.join(name)?;
        let ended = result.wait_for(Option::is_some).await;
        // The sender stays until it has sent.
        ended.ok().and_then(|found| found.clone()).unwrap_or_else(|| Err(ResolveError::ended()))
    }
}

/// A resolver for reqwest: apart from it, so that the public type shows nothing of reqwest.
pub(crate) struct ForReqwest(pub(crate) Resolver);

impl Resolve for ForReqwest {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.0.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the look-up of this name, or begins one.
    fn join(self: &Arc<Self>, name: &str) -> Result<watch::Receiver<Option<Addresses>>, ResolveError> {
        let mut state = self.state();
        if let Some(under_way) = state.names.get(name) {
            return Ok(under_way.subscribe());
        }
        if state.threads < MAX_THREADS {
            let shared = Arc::clone(self);
            (self.spawn)(Box::new(move || shared.work())).map_err(|_| ResolveError::NoThread)?;
            state.threads += 1;
        }
        let (sender, receiver) = watch::channel(None);
        state.names.insert(name.to_owned(), sender);
        state.queue.push_back(name.to_owned());
        Ok(receiver)
    }

    fn work(&self) {
        while let Some(name) = self.next() {
            let found = catch_unwind(AssertUnwindSafe(|| (self.look_up)(&name)));
            let found = found.map_or_else(|_| Err(ResolveError::ended()), |found| found.map_err(ResolveError::from));
            if let Some(sender) = self.state().names.remove(&name) {
                sender.send_replace(Some(found));
            }
        }
    }

    /// The next name for which an attempt still waits. `None` ends the thread that asks.
    fn next(&self) -> Option<String> {
        let mut state = self.state();
        while let Some(name) = state.queue.pop_front() {
            if state.names.get(&name).is_some_and(|sender| sender.receiver_count() > 0) {
                return Some(name);
            }
            state.names.remove(&name);
        }
        state.threads -= 1;
        None
    }
}

impl ResolveError {
    fn ended() -> Self {
        io::Error::other("the look-up ended without a result").into()
    }
}

impl From<io::Error> for ResolveError {
    fn from(error: io::Error) -> Self {
        Self::Failed(Arc::new(error))
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoThread => "cannot start a thread",
            Self::Failed(_) => "the look-up failed",
        })
    }
}

impl StdError for ResolveError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::NoThread => None,
            Self::Failed(error) => Some(&**error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::Ipv4Addr;
    use std::panic::resume_unwind;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// How long a test waits for what must happen.
    const LIMIT: Duration = Duration::from_secs(30);

    fn spawn(work: Work) -> io::Result<()> {
        thread::Builder::new().spawn(work).map(drop)
    }

    fn found() -> Vec<SocketAddr> {
        vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))]
    }

    /// Look-ups that end only once the test lets them, and the names as they begin.
    struct BlockedLookUps {
        resolver: Resolver,
        begun: mpsc::Receiver<String>,
        release: Arc<AtomicBool>,
        threads: Arc<Mutex<HashSet<thread::ThreadId>>>,
    }

    /// `blocked` is the part of a name whose look-up waits.
    fn blocking(blocked: &'static str) -> BlockedLookUps {
        let (sender, begun) = mpsc::channel();
        let release = Arc::<AtomicBool>::default();
        let threads = Arc::<Mutex<HashSet<_>>>::default();
        let (released, used) = (Arc::clone(&release), Arc::clone(&threads));
        let look_up = move |name: &str| {
            used.lock().unwrap().insert(thread::current().id());
            sender.send(name.to_owned()).unwrap();
            while name.contains(blocked) && !released.load(Ordering::Acquire) {
                thread::sleep(Duration::from_millis(1));
            }
            Ok(found())
        };
        BlockedLookUps { resolver: Resolver::with(look_up, spawn), begun, release, threads }
    }

    impl BlockedLookUps {
        fn begin(&self, name: String) -> tokio::task::JoinHandle<Addresses> {
            let resolver = self.resolver.clone();
            tokio::spawn(async move { resolver.addresses(&name).await })
        }

        async fn settle(&self, is_settled: impl Fn(&State) -> bool) {
            let settled = async {
                while !is_settled(&self.resolver.shared.state()) {
                    tokio::task::yield_now().await;
                }
            };
            timeout(LIMIT, settled).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_hundred_attempts_for_one_name_share_one_look_up() {
        let look_ups = blocking("slow");
        let attempts: Vec<_> = (0..100).map(|_| look_ups.begin("slow.test".to_owned())).collect();
        let all_wait =
            |state: &State| state.names.get("slow.test").is_some_and(|sender| sender.receiver_count() == 100);
        look_ups.settle(all_wait).await;
        look_ups.release.store(true, Ordering::Release);
        for attempt in attempts {
            assert_eq!(timeout(LIMIT, attempt).await.unwrap().unwrap().unwrap(), found());
        }
        assert_eq!(look_ups.begun.try_iter().count(), 1);
    }

    #[tokio::test]
    async fn a_hundred_names_that_are_slow_take_four_threads_which_end_with_them() {
        let look_ups = blocking("slow");
        let attempts: Vec<_> = (0..100).map(|number| look_ups.begin(format!("slow-{number}.test"))).collect();
        look_ups.settle(|state| state.names.len() == 100).await;
        assert_eq!(look_ups.resolver.shared.state().threads, MAX_THREADS);
        look_ups.release.store(true, Ordering::Release);
        for attempt in attempts {
            timeout(LIMIT, attempt).await.unwrap().unwrap().unwrap();
        }
        assert!(look_ups.threads.lock().unwrap().len() <= MAX_THREADS);
        look_ups.settle(|state| state.threads == 0 && state.names.is_empty()).await;
    }

    #[tokio::test]
    async fn ten_attempts_for_a_slow_name_do_not_hold_up_another_name() {
        let look_ups = blocking("slow");
        let slow: Vec<_> = (0..10).map(|_| look_ups.begin("slow.test".to_owned())).collect();
        look_ups.settle(|state| state.names.contains_key("slow.test")).await;
        timeout(LIMIT, look_ups.begin("good.test".to_owned())).await.unwrap().unwrap().unwrap();
        assert!(slow.iter().all(|attempt| !attempt.is_finished()));
        look_ups.release.store(true, Ordering::Release);
    }

    #[tokio::test]
    async fn a_queued_name_that_no_attempt_waits_for_is_not_looked_up() {
        let look_ups = blocking("slow");
        let slow: Vec<_> = (0..MAX_THREADS).map(|number| look_ups.begin(format!("slow-{number}.test"))).collect();
        look_ups.settle(|state| state.names.len() == MAX_THREADS).await;
        let left = look_ups.begin("left.test".to_owned());
        look_ups.settle(|state| state.names.contains_key("left.test")).await;
        left.abort();
        assert!(left.await.unwrap_err().is_cancelled());
        look_ups.release.store(true, Ordering::Release);
        for attempt in slow {
            timeout(LIMIT, attempt).await.unwrap().unwrap().unwrap();
        }
        look_ups.settle(|state| state.threads == 0).await;
        assert!(look_ups.begun.try_iter().all(|name| name != "left.test"));
    }

    #[tokio::test]
    async fn a_thread_that_the_system_refuses_is_an_error_and_the_next_look_up_works() {
        let attempts = AtomicUsize::new(0);
        let resolver = Resolver::with(
            |_| Ok(found()),
            move |work| match attempts.fetch_add(1, Ordering::Relaxed) {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                _ => spawn(work),
            },
        );
        let refused = resolver.addresses("name.test").await.unwrap_err();
        assert!(matches!(refused, ResolveError::NoThread), "{refused:?}");
        assert_eq!(timeout(LIMIT, resolver.addresses("name.test")).await.unwrap().unwrap(), found());
    }

    #[tokio::test]
    async fn a_look_up_that_fails_or_panics_is_an_error_and_the_next_one_works() {
        let attempts = AtomicUsize::new(0);
        let look_up = move |_: &str| match attempts.fetch_add(1, Ordering::Relaxed) {
            0 => Err(io::ErrorKind::ConnectionRefused.into()),
            1 => resume_unwind(Box::new(())),
            _ => Ok(found()),
        };
        let resolver = Resolver::with(look_up, spawn);
        for kind in [io::ErrorKind::ConnectionRefused, io::ErrorKind::Other] {
            match timeout(LIMIT, resolver.addresses("name.test")).await.unwrap() {
                Err(ResolveError::Failed(error)) => assert_eq!(error.kind(), kind),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(timeout(LIMIT, resolver.addresses("name.test")).await.unwrap().unwrap(), found());
    }
}
