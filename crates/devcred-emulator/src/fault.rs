//! Misbehaviour: what it can be, how a device's name asks for it, and how it is played.

use std::collections::HashMap;
use std::future::pending;
use std::time::Duration;

use crate::call::CallEnd;
use crate::error::Refusal;
use crate::journal::OpenCall;
use crate::server::Socket;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answer with this code, with its status of the table.
    Code(String),
    /// Close the connection without an answer.
    Close,
    /// Never answer.
    Hang,
    /// Answer, but only after this time.
    Slow(Duration),
}

impl Fault {
    /// Plays the fault. `Ok`: now the request is answered as if nothing had happened. Where no answer comes it does not
    /// return: the future ends with its connection.
    pub(crate) async fn play(self, socket: &Socket, call: &mut OpenCall) -> Result<(), Refusal> {
        match self {
            Self::Code(code) => Err(Refusal::new(code)),
            Self::Slow(delay) => {
                tokio::time::sleep(delay).await;
                Ok(())
            }
            Self::Hang => pending().await,
            Self::Close => {
                call.will_end_as(CallEnd::EmulatorClosed);
                socket.close();
                pending().await
            }
        }
    }
}

/// What the name of a device asks for, if it asks for anything.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    fault: Fault,
    /// How many times the fault comes before one success; `None`: always.
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
            ("close", times) => Self { fault: Fault::Close, times },
            ("hang", times) => Self { fault: Fault::Hang, times },
            ("slow", Some(ms)) => Self { fault: Fault::Slow(Duration::from_millis(ms.into())), times: None },
            (code, times) => Self { fault: Fault::Code(code.to_owned()), times },
        })
    }
}

/// How often each device has been at fault since its last success.
#[derive(Default)]
pub(crate) struct Rounds(HashMap<String, u32>);

impl Rounds {
    /// The fault of the next request of this device.
    pub(crate) fn next(&mut self, client_id: &str) -> Option<Fault> {
        let Wish { fault, times } = Wish::of(client_id)?;
        let Some(times) = times else { return Some(fault) };
        let played = self.0.entry(client_id.to_owned()).or_default();
        if *played >= times {
            *played = 0;
            return None;
        }
        *played += 1;
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Fault, Rounds, Wish};

    #[test]
    fn names_are_read() {
        let wish = |device_id: &str| Wish::of(&format!("GID_x@@@{device_id}")).map(|wish| (wish.fault, wish.times));
        let code = |code: &str| Fault::Code(code.to_owned());
        assert_eq!(wish("fault-close"), Some((Fault::Close, None)));
        assert_eq!(wish("fault-hang"), Some((Fault::Hang, None)));
        assert_eq!(wish("fault-slow-3000"), Some((Fault::Slow(Duration::from_secs(3)), None)));
        assert_eq!(wish("fault-Throttling.User-2"), Some((code("Throttling.User"), Some(2))));
        assert_eq!(wish("fault-Throttling.User"), Some((code("Throttling.User"), None)));
        assert_eq!(wish("fault-close-1"), Some((Fault::Close, Some(1))));
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
