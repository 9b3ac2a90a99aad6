use super::*;
use proptest::prelude::*;

const FAR: Duration = Duration::from_secs(100_000);

/// When a request of this moment is sent, if it may be.
fn send(limiter: &RateLimiter, now: Instant, latest: Instant) -> Result<Instant, NoSlot> {
    let slot = limiter.reserve(now, latest)?;
    let start = slot.start();
    slot.spend();
    Ok(start)
}

#[test]
fn a_burst_is_free_and_then_the_rate_holds() {
    let limiter = RateLimiter::new(50);
    let start = Instant::now();
    let slots: Vec<_> = (0..60).map(|_| send(&limiter, start, start + FAR).unwrap() - start).collect();
    assert_eq!(slots[..10], [Duration::ZERO; 10]);
    assert_eq!(slots[10], Duration::from_millis(20));
    assert_eq!(slots[59], Duration::from_secs(1));
}

#[test]
fn the_burst_is_a_tenth_and_at_least_ten() {
    for (rate, burst) in [(1, 10), (50, 10), (100, 10), (200, 20), (1000, 100)] {
        let limiter = RateLimiter::new(rate);
        let now = Instant::now();
        let at_once = (0..rate + burst).filter(|_| send(&limiter, now, now).is_ok()).count();
        assert_eq!(at_once, burst as usize, "{rate}");
    }
}

#[test]
fn a_refusal_counts_the_slots_that_wait_and_takes_none() {
    let limiter = RateLimiter::new(50);
    let now = Instant::now();
    let waiting: Vec<_> = (0..35).map(|_| limiter.reserve(now, now + FAR).unwrap()).collect();
    assert_eq!(send(&limiter, now, now + Duration::from_millis(519)), Err(NoSlot { waiting: 35 }));
    waiting.into_iter().for_each(Slot::spend);
    assert_eq!(send(&limiter, now, now + Duration::from_millis(519)), Err(NoSlot { waiting: 0 }));
    assert_eq!(send(&limiter, now, now + Duration::from_millis(520)), Ok(now + Duration::from_millis(520)));
}

#[test]
fn a_slot_that_is_dropped_goes_to_the_next_caller() {
    let limiter = RateLimiter::new(50);
    let now = Instant::now();
    let ms = |ms| now + Duration::from_millis(ms);
    assert!((0..10).all(|_| send(&limiter, now, now).is_ok()));
    let [first, second, _third] = [(); 3].map(|()| limiter.reserve(now, now + FAR).unwrap());
    drop((second, first));
    // The earliest first; the others keep theirs.
    assert_eq!([(); 3].map(|()| send(&limiter, now, now + FAR).unwrap()), [ms(20), ms(40), ms(80)]);
}

#[test]
fn slots_that_were_returned_and_not_used_in_time_add_to_no_burst() {
    let limiter = RateLimiter::new(50);
    let now = Instant::now();
    drop((0..35).map(|_| limiter.reserve(now, now + FAR).unwrap()).collect::<Vec<_>>());
    let later = now + Duration::from_secs(10);
    assert_eq!((0..100).filter(|_| send(&limiter, later, later).is_ok()).count(), 10);
    assert_eq!(limiter.schedule().returned.len(), 0);
}

#[test]
fn an_idle_client_gets_its_burst_back() {
    let limiter = RateLimiter::new(50);
    let now = Instant::now();
    assert!((0..10).all(|_| send(&limiter, now, now).is_ok()));
    assert!(send(&limiter, now, now).is_err());
    let later = now + Duration::from_secs(1);
    assert!((0..10).all(|_| send(&limiter, later, later) == Ok(later)));
    assert!(send(&limiter, later, later).is_err());
}

/// The rule in another form: of any slots in a row, those beyond a burst take an interval each.
fn earliest_slot(slots: &[Instant], now: Instant, interval: Duration, burst: u32) -> Instant {
    let in_a_row = (2..).take(slots.len());
    let bounds =
        slots.iter().rev().zip(in_a_row).map(|(slot, count)| *slot + interval * u32::saturating_sub(count, burst));
    bounds.fold(now, Instant::max)
}

proptest! {
    /// Callers come at made-up times and can wait for made-up spans.
    #[test]
    fn never_more_than_rate_and_burst_and_no_slot_is_lost(
        rate in 1..400_u32,
        callers in prop::collection::vec((0..40_u64, prop_oneof![Just(0_u64), 0..3000_u64]), 1..400),
    ) {
        let limiter = RateLimiter::new(rate);
        let burst = (rate / 10).max(10);
        let interval = Duration::from_secs(1) / rate;
        let start = Instant::now();
        let mut now = start;
        let mut slots: Vec<Instant> = Vec::new();
        for (gap, patience) in callers {
            now += Duration::from_millis(gap);
            let latest = now + Duration::from_millis(patience);
            let earliest = earliest_slot(&slots, now, interval, burst);
            match send(&limiter, now, latest) {
                Ok(slot) => {
                    prop_assert_eq!(slot, earliest);
                    prop_assert!(slot <= latest);
                    slots.push(slot);
                }
                Err(_) => {
                    prop_assert!(earliest > latest);
                    // The slot that was refused is still there for one who can wait.
                    if patience % 2 == 0 {
                        prop_assert_eq!(send(&limiter, now, now + FAR), Ok(earliest));
                        slots.push(earliest);
                    }
                }
            }
        }
        for (first, from) in slots.iter().enumerate() {
            let within = slots[first..].iter().take_while(|slot| slot.duration_since(*from) < Duration::from_secs(1));
            prop_assert!(within.count() <= (rate + burst) as usize);
        }
    }

    /// Callers come, and are cancelled or sent at made-up times.
    #[test]
    fn cancelled_callers_never_let_more_through_and_leave_no_gap(
        rate in 1..400_u32,
        steps in prop::collection::vec((prop_oneof![9 => 0..40_u64, 1 => 0..5000_u64], 0..3_u8, any::<prop::sample::Index>()), 1..400),
    ) {
        let limiter = RateLimiter::new(rate);
        let burst = (rate / 10).max(10);
        let mut now = Instant::now();
        let mut waiting: Vec<Slot> = Vec::new();
        let mut used: Vec<Instant> = Vec::new();
        for (gap, step, index) in steps {
            now += Duration::from_millis(gap);
            let (due, early): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|slot| slot.start() <= now);
            waiting = early;
            for slot in due {
                used.push(slot.start());
                slot.spend();
            }
            if step == 0 && !waiting.is_empty() {
                drop(waiting.swap_remove(index.index(waiting.len())));
            } else {
                let slot = limiter.reserve(now, now + FAR).unwrap();
                prop_assert!(slot.start() >= now);
                waiting.push(slot);
            }
            prop_assert_eq!(limiter.schedule().waiting, waiting.len());
        }
        // Without any caller left, the next ones find what an idle client offers, less what was
        // used.
        waiting.clear();
        used.sort();
        let interval = Duration::from_secs(1) / rate;
        let next = limiter.reserve(now, now + FAR).unwrap().start();
        prop_assert!(next <= earliest_slot(&used, now, interval, burst) + interval);
        for (first, from) in used.iter().enumerate() {
            let within = used[first..].iter().take_while(|time| time.duration_since(*from) < Duration::from_secs(1));
            prop_assert!(within.count() <= (rate + burst) as usize);
        }
    }
}
