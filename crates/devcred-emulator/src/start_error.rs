//! Why an emulator could not start.

use std::net::SocketAddr;
use std::{error, fmt, io};

/// Why an emulator could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The address is not loopback. The emulator serves only the local machine.
    NotLoopback(SocketAddr),
    /// [`Builder::start`](crate::Builder::start) was called outside a tokio runtime.
    NoRuntime,
    /// The address cannot be listened on.
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// The system returned no random bytes for keys.
    NoRandomness,
    /// No certificate could be created, for this reason.
    Certificate(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoopback(address) => {
                write!(f, "the emulator listens on loopback only (127.0.0.0/8 or [::1]), not on {address}")
            }
            Self::NoRuntime => f.write_str("the emulator must be started inside a tokio runtime"),
            Self::Listen { address, source } => write!(f, "the emulator cannot listen on {address}: {source}"),
            Self::NoRandomness => f.write_str("the system returned no random bytes"),
            Self::Certificate(why) => write!(f, "the emulator cannot create a certificate: {why}"),
        }
    }
}

impl error::Error for StartError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Listen { source, .. } => Some(source),
            _ => None,
        }
    }
}
