//! Checks the caller's input before anything is sent. Everything else is left to the service.
//!
//! A message names the option or variable and what is expected. It never repeats the value, which
//! may be a misplaced secret.

use std::time::Duration;

use crate::error::Error;

/// The maximum length of a ClientId in characters, group and `@@@` included ("service introduction:
/// terms" of the product).
const CLIENT_ID_MAX_CHARS: usize = 64;

/// Separates the group id from the device id in a ClientId.
pub(crate) const GROUP_SEPARATOR: &str = "@@@";

/// The longest timeout: a longer one is most likely a number in the wrong unit.
const TIMEOUT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The highest number of connections: more than one process usually has descriptors for.
const CONNECTIONS_MAX: u32 = 10_000;

/// The highest rate limit.
const REQUESTS_PER_SECOND_MAX: u32 = 1_000_000;

pub(crate) fn client_id(client_id: &str) -> Result<(), Error> {
    printable("client_id", client_id)?;
    if client_id.chars().count() > CLIENT_ID_MAX_CHARS {
        return Err(Error::invalid_parameter(format!("client_id is longer than {CLIENT_ID_MAX_CHARS} characters")));
    }
    Ok(())
}

/// `name` is the option or variable that set it.
pub(crate) fn instance_id(name: &str, instance_id: &str) -> Result<(), Error> {
    printable(name, instance_id)?;
    if instance_id.contains(GROUP_SEPARATOR) {
        return Err(Error::invalid_parameter(format!(
            "{name} contains {GROUP_SEPARATOR}, which belongs in a client_id. Are the two swapped?"
        )));
    }
    Ok(())
}

pub(crate) fn printable(name: &str, value: &str) -> Result<(), Error> {
    if value.is_empty() {
        return Err(Error::invalid_parameter(format!("{name} is empty")));
    }
    if value.chars().any(char::is_control) {
        return Err(Error::invalid_parameter(format!("{name} contains a control character, such as a line feed")));
    }
    Ok(())
}

/// Keys and tokens travel in headers: visible ASCII, not empty.
pub(crate) fn visible_ascii(name: &str, value: &str) -> Result<(), Error> {
    let problem = if value.is_empty() {
        "is empty"
    } else if value.trim() != value {
        "begins or ends with white space, such as the line feed of a file"
    } else if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        "may contain only visible ASCII characters"
    } else {
        return Ok(());
    };
    Err(Error::invalid_parameter(format!("{name} {problem}")))
}

/// The longest part between two dots of a host's name, and the longest name (RFC 1035, 2.3.4).
pub(crate) const LABEL_MAX: usize = 63;
pub(crate) const HOST_MAX: usize = 253;

pub(crate) fn region(name: &str, region: &str) -> Result<(), Error> {
    if region.is_empty() || !region.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
        return Err(Error::invalid_parameter(format!(
            "{name} may contain only lower-case letters, digits and hyphens, as in cn-hangzhou"
        )));
    }
    if region.len() > LABEL_MAX {
        return Err(Error::invalid_parameter(format!("{name} may have at most {LABEL_MAX} characters")));
    }
    Ok(())
}

pub(crate) fn timeout(name: &str, timeout: Duration) -> Result<(), Error> {
    if timeout < Duration::from_millis(1) || timeout > TIMEOUT_MAX {
        return Err(Error::invalid_parameter(format!("{name} must be between 1 millisecond and 24 hours")));
    }
    Ok(())
}

pub(crate) fn max_attempts(attempts: u32) -> Result<(), Error> {
    if attempts == 0 {
        return Err(Error::invalid_parameter("max_attempts must be at least 1; it includes the first attempt"));
    }
    Ok(())
}

pub(crate) fn requests_per_second(name: &str, requests: u32) -> Result<(), Error> {
    between_1_and(REQUESTS_PER_SECOND_MAX, name, requests)
}

pub(crate) fn connections(name: &str, connections: u32) -> Result<(), Error> {
    between_1_and(CONNECTIONS_MAX, name, connections)
}

fn between_1_and(max: u32, name: &str, value: u32) -> Result<(), Error> {
    if value == 0 || value > max {
        return Err(Error::invalid_parameter(format!("{name} must be between 1 and {max}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn refused(result: Result<(), Error>) -> String {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidParameter, 0));
        error.message().to_owned()
    }

    #[test]
    fn a_client_id_has_1_to_64_characters_and_no_control_characters() {
        for id in ["GID_test@@@test", "no-separator", "é ~*+/%", &"é".repeat(64)] {
            client_id(id).unwrap();
        }
        assert_eq!(refused(client_id("")), "client_id is empty");
        assert!(refused(client_id(&"é".repeat(65))).contains("64 characters"));
        for control in ["a\nb", "a\0", "\u{7f}", "\u{85}"] {
            assert!(refused(client_id(control)).contains("control character"));
        }
    }

    #[test]
    fn an_instance_id_that_is_a_client_id_gives_a_hint() {
        instance_id("instance_id", "post-cn-0pp12gl****").unwrap();
        let message = refused(instance_id("DEVCRED_INSTANCE_ID", "GID_test@@@test"));
        assert!(message.starts_with("DEVCRED_INSTANCE_ID ") && message.contains("swapped"), "{message}");
        assert_eq!(refused(instance_id("instance_id", "")), "instance_id is empty");
        assert!(refused(instance_id("instance_id", "a\tb")).contains("control character"));
    }

    #[test]
    fn a_key_is_visible_ascii_and_is_never_repeated() {
        visible_ascii("secret", "ab+/=~*").unwrap();
        assert_eq!(refused(visible_ascii("secret", "")), "secret is empty");
        for bad in ["s3cr3t\n", " s3cr3t", "s3 cr3t", "s3cr3té", "s3\0cr3t"] {
            let message = refused(visible_ascii("secret", bad));
            assert!(message.starts_with("secret ") && !message.contains("cr3t"), "{message}");
        }
        assert!(refused(visible_ascii("secret", "s3cr3t\n")).contains("line feed"));
    }

    #[test]
    fn a_region_is_a_label() {
        region("region", "cn-hangzhou").unwrap();
        for bad in ["", "CN-HANGZHOU", "cn_hangzhou", " cn-hangzhou", "evil.example.com/#", "é"] {
            assert!(refused(region("ALIBABA_CLOUD_REGION_ID", bad)).starts_with("ALIBABA_CLOUD_REGION_ID may "));
        }
    }

    #[test]
    fn numbers_have_ranges() {
        timeout("timeout", Duration::from_millis(1)).unwrap();
        timeout("timeout", TIMEOUT_MAX).unwrap();
        for bad in [Duration::ZERO, Duration::from_micros(999), Duration::from_secs(86_401), Duration::MAX] {
            assert!(refused(timeout("timeout", bad)).contains("24 hours"));
        }
        max_attempts(1).unwrap();
        assert!(refused(max_attempts(0)).contains("at least 1"));
        requests_per_second("max_requests_per_second", 500).unwrap();
        for bad in [0, REQUESTS_PER_SECOND_MAX + 1] {
            assert!(refused(requests_per_second("max_requests_per_second", bad)).contains("between 1 and"));
        }
        connections("max_connections", 1).unwrap();
        connections("max_connections", CONNECTIONS_MAX).unwrap();
        for bad in [0, CONNECTIONS_MAX + 1] {
            assert_eq!(refused(connections("max_connecting", bad)), "max_connecting must be between 1 and 10000");
        }
    }
}
