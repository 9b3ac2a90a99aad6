//! How the name of a device asks for misbehaviour.

use std::collections::HashMap;
use std::time::Duration;

use crate::fault::step::{Act, Step};

/// What the name of a device asks for, if it asks for anything.
#[derive(Debug, PartialEq)]
struct Wish {
    step: Step,
    /// How many times it comes before one success; `None`: always.
    times: Option<u32>,
}

impl Wish {
    /// `GROUP@@@fault-slow-<ms>`, or `-close`, `-hang`, `-<code>`, each with or without `-<times>`.
    fn of(client_id: &str) -> Option<Self> {
        let (_, device_id) = client_id.split_once("@@@")?;
        let wish = device_id.strip_prefix("fault-").filter(|wish| !wish.is_empty())?;
        let number = |text: &str| text.parse::<u32>().ok();
        let (name, last) = match wish.rsplit_once('-') {
            Some((name, last)) if number(last).is_some() => (name, number(last)),
            _ => (wish, None),
        };
        Some(match (name, last) {
            ("", _) => return None,
            ("close", times) => Self { step: Act::Close.into(), times },
            ("hang", times) => Self { step: Act::Hang.into(), times },
            ("slow", Some(ms)) => Self { step: Step::late(Duration::from_millis(ms.into())), times: None },
            (code, times) => Self { step: Step::code(code), times },
        })
    }
}

/// How often each device has been at fault since its last success.
#[derive(Default)]
pub(crate) struct Rounds(HashMap<String, u32>);

impl Rounds {
    /// What the next request of this device meets, where its name says so.
    pub(crate) fn next(&mut self, client_id: &str) -> Option<Step> {
        let Wish { step, times } = Wish::of(client_id)?;
        let Some(times) = times else { return Some(step) };
        let played = self.0.entry(client_id.to_owned()).or_default();
        if *played >= times {
            *played = 0;
            return None;
        }
        *played += 1;
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Rounds, Wish};
    use crate::fault::step::{Act, Step};

    #[test]
    fn names_are_read() {
        let wish = |device_id: &str| Wish::of(&format!("GID_x@@@{device_id}")).map(|wish| (wish.step, wish.times));
        assert_eq!(wish("fault-close"), Some((Act::Close.into(), None)));
        assert_eq!(wish("fault-hang"), Some((Act::Hang.into(), None)));
        assert_eq!(wish("fault-slow-3000"), Some((Step::late(Duration::from_secs(3)), None)));
        assert_eq!(wish("fault-Throttling.User-2"), Some((Step::code("Throttling.User"), Some(2))));
        assert_eq!(wish("fault-Throttling.User"), Some((Step::code("Throttling.User"), None)));
        assert_eq!(wish("fault-close-1"), Some((Act::Close.into(), Some(1))));
        for device_id in ["device-1", "fault-", "fault--1", "fault", "Fault-close"] {
            assert_eq!(wish(device_id), None, "{device_id}");
        }
        assert_eq!(Wish::of("fault-close"), None);
    }

    #[test]
    fn a_number_makes_rounds_of_faults_and_one_success() {
        let mut rounds = Rounds::default();
        let mut at_fault = |client_id| rounds.next(client_id).is_some();
        let played: Vec<bool> = (0..6).map(|_| at_fault("G@@@fault-InternalError-2")).collect();
        assert_eq!(played, [true, true, false, true, true, false]);
        assert!((0..6).all(|_| at_fault("G@@@fault-InternalError")));
    }
}
