use std::time::Duration;

use super::admission::Progress;
use super::state::{RETURN_MAX, State};
use super::*;
use crate::transport::IDLE_MAX;

const MAX: MaxConnections = MaxConnections { open: 3, connecting: 2 };

impl State {
    fn finish_opening(&mut self, now: Instant) {
        self.opening -= 1;
        self.shared += 1;
        self.settle(now);
    }

    fn finish_attempt(&mut self, now: Instant) {
        self.attempts -= 1;
        self.settle(now);
    }

    /// As many idle connections as there may be, the oldest idle since `now`.
    fn idle(now: Instant) -> Self {
        let mut state = Self { shared: MAX.open, attempts: MAX.open, ..Self::default() };
        for number in 0..MAX.open {
            state.finish_attempt(now + Duration::from_secs(1) * number);
        }
        state
    }
}

#[test]
fn connections_are_opened_up_to_both_limits() {
    let (mut state, now) = (State::default(), Instant::now());
    assert_eq!(state.admit(now, MAX, false), Some(Progress::MayOpen));
    assert_eq!(state.admit(now, MAX, true), Some(Progress::MayOpen));
    assert_eq!(state.admit(now, MAX, false), None);
    assert!(!state.no_connection(MAX).are_all_open);
    state.finish_opening(now);
    assert_eq!(state.admit(now, MAX, false), Some(Progress::MayOpen));
    state.finish_opening(now);
    assert_eq!(state.admit(now, MAX, false), None);
    assert!(state.no_connection(MAX).are_all_open);
}

#[test]
fn a_connection_is_used_again() {
    let start = Instant::now();
    let mut state = State::idle(start);
    let now = start + Duration::from_secs(2);
    for seconds in [0, 1, 2] {
        let since = start + Duration::from_secs(seconds);
        assert_eq!(state.admit(now, MAX, false), Some(Progress::MayUse(since)));
    }
    assert_eq!(state.admit(now, MAX, false), None);
    state.finish_attempt(now);
    assert_eq!(state.admit(now, MAX, false), Some(Progress::MayUse(now)));
}

#[test]
fn an_attempt_that_should_open_a_connection_uses_an_idle_one_only_if_there_are_too_many() {
    let now = Instant::now();
    let mut state = State::idle(now);
    assert!(matches!(state.admit(now, MAX, true), Some(Progress::MayUse(_))));
    state.close(false);
    assert_eq!(state.admit(now, MAX, true), Some(Progress::MayOpen));
}

#[test]
fn an_attempt_without_a_connection_takes_the_next_that_is_free() {
    let (mut state, now) = (State::default(), Instant::now());
    state.admit(now, MAX, false);
    state.finish_opening(now);
    assert_eq!(state.admit(now, MAX, false), Some(Progress::MayOpen));
    // The first ends before the connection of the second is open, which therefore uses the first's.
    state.finish_attempt(now);
    assert!(state.idle.is_empty());
    state.finish_opening(now);
    assert_eq!(state.admit(now, MAX, false), Some(Progress::MayUse(now)));
}

#[test]
fn a_connection_that_was_idle_for_too_long_makes_room() {
    let start = Instant::now();
    let mut state = State::idle(start);
    let now = start + IDLE_MAX + Duration::from_millis(1);
    assert_eq!(state.admit(now, MAX, true), Some(Progress::MayOpen));
    assert_eq!((state.shared, state.idle.len()), (2, 2));
}

#[test]
fn a_connection_that_is_not_there_was_closed_unless_it_was_used_just_now() {
    let start = Instant::now();
    let mut state = State::idle(start);
    let last = start + Duration::from_secs(2);
    assert_eq!(state.admit(last, MAX, false), Some(Progress::MayUse(start)));
    let mut idle_since = Some(start);
    // This one and the second were closed, the third may become idle now.
    assert!(state.reopen(last, MAX, &mut idle_since));
    assert_eq!((state.opening, state.shared, idle_since), (1, 1, None));

    let mut state = State { shared: 1, attempts: 1, ..State::default() };
    let mut idle_since = Some(last);
    let max = MaxConnections { open: 1, connecting: 1 };
    assert!(!state.reopen(last, max, &mut idle_since));
    assert!(state.reopen(last + RETURN_MAX, max, &mut idle_since));
    assert_eq!((state.opening, state.shared, idle_since), (1, 0, None));
}

#[tokio::test]
async fn attempts_wait_in_order_and_leave_without_a_trace() {
    let limit = ConnectionLimit::new(MaxConnections { open: 1, connecting: 1 });
    let first = limit.try_admit(false).unwrap();
    let (sender, mut admitted) = tokio::sync::mpsc::unbounded_channel();
    let latest = Instant::now() + Duration::from_secs(3600);
    let waiting: Vec<_> = (0..4)
        .map(|number| {
            let (limit, sender) = (Arc::clone(&limit), sender.clone());
            tokio::spawn(async move { sender.send((number, limit.admit(false, latest).await.unwrap())).unwrap() })
        })
        .collect();
    tokio::task::yield_now().await;
    assert!(limit.try_admit(false).is_none());
    let refused = limit.admit(false, Instant::now()).await.err().unwrap();
    assert_eq!(refused, NoConnection { max: limit.max, are_all_open: true, waiting: 4 });

    waiting[1].abort();
    drop(first);
    for expected in [0, 2, 3] {
        let (number, _admission) = admitted.recv().await.unwrap();
        assert_eq!(number, expected);
    }
    for waiting in waiting {
        let _ = waiting.await;
    }
    let state = limit.state();
    assert_eq!((state.attempts, state.opening, state.shared, state.waiting), (0, 0, 0, 0));
}

#[test]
fn a_connection_that_was_believed_closed_counts_again_once_it_is_used() {
    let (mut state, now) = (State::default(), Instant::now());
    state.admit(now, MAX, false);
    state.opening -= 1;
    state.find();
    assert_eq!(state.shared, 1);
    // The second attempt uses the connection of the first, which ended meanwhile.
    state.admit(now, MAX, false);
    state.finish_attempt(now);
    state.opening -= 1;
    state.find();
    assert_eq!(state.shared, 1);
}

#[test]
fn other_transports_have_at_most_half_of_the_connections() {
    let max = MaxConnections { open: 9, connecting: 5 };
    let limit = ConnectionLimit::new(max);
    let reserved: Vec<_> = std::iter::from_fn(|| limit.reserve()).collect();
    assert_eq!(reserved.len(), 2);
    assert!(reserved.iter().all(|limit| limit.max == MaxConnections { open: 1, connecting: 1 }));
    // The attempts of this one open what is left.
    let admissions: Vec<_> = std::iter::from_fn(|| limit.try_admit(true)).collect();
    assert_eq!(admissions.len(), 3);
    drop(reserved);
    assert!(limit.try_admit(true).is_some());
    drop(admissions);

    let single = ConnectionLimit::new(MaxConnections { open: 1, connecting: 1 });
    assert!(single.reserve().is_none());
    let busy = ConnectionLimit::new(MaxConnections { open: 4, connecting: 2 });
    let _admissions = [(); 2].map(|()| busy.try_admit(true));
    assert!(busy.reserve().is_none());
}
