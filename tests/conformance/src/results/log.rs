//! The events of the library in a probe's log.

/// Returns the levels of the events, in order: those of the lines `devcred LEVEL …`.
pub(crate) fn levels(log: &str) -> Vec<&str> {
    let events = log.lines().filter_map(|line| line.strip_prefix("devcred "));
    events.filter_map(|event| event.split(' ').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn only_the_librarys_events_count() {
        let log = "devcred debug attempt ended\ndebug hyper: devcred debug\n  devcred warn\ndevcred warn x\n";
        assert_eq!(levels(log), ["debug", "warn"]);
        assert!(levels("").is_empty());
    }
}
