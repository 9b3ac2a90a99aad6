//! Slots that are returned.

use super::*;

/// How many requests can be sent at this moment without a wait.
fn burst(limiter: &RateLimiter, now: Instant) -> usize {
    let send = |_: &u32| limiter.reserve(now, now).map(Slot::spend).is_ok();
    (0..100).filter(send).count()
}

#[test]
fn a_slot_that_is_returned_at_its_start_is_used_by_the_next_call() {
    let (limiter, now) = (RateLimiter::new(50), Instant::now());
    drop(limiter.reserve(now, now).unwrap());
    assert_eq!(burst(&limiter, now), 10);
}

#[test]
fn a_returned_slot_whose_time_has_passed_is_not_used() {
    let (limiter, now) = (RateLimiter::new(50), Instant::now());
    let slots: Vec<_> = (0..10).map(|_| limiter.reserve(now, now).unwrap()).collect();
    drop(slots);
    // The times of the slots were 20 ms apart: those of 0 to 80 ms have passed, and those of 100 to
    // 180 ms can be used.
    let later = now + Duration::from_millis(90);
    assert_eq!(burst(&limiter, later), 5 + 4);
}
