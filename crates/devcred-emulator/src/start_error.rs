//! Why an emulator could not start.

use std::net::SocketAddr;
use std::{error, fmt, io};

/// Why an emulator could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The address is not loopback: an emulator is for this machine only.
    NotLoopback(SocketAddr),
    /// [`Builder::start`](crate::Builder::start) was not called in a tokio runtime.
    NoRuntime,
    /// The address cannot be listened on.
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no random bytes for keys.
    NoRandomness,
    /// No certificate could be made; why, in words.
    Certificate(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoopback(address) => {
                write!(f, "the emulator listens on loopback only (127.0.0.0/8 or [::1]), not on {address}")
            }
            Self::NoRuntime => f.write_str("the emulator has to be started inside a tokio runtime"),
            Self::Listen { address, source } => write!(f, "the emulator cannot listen on {address}: {source}"),
            Self::NoRandomness => f.write_str("the system gave no random bytes"),
            Self::Certificate(why) => write!(f, "the emulator cannot make a certificate: {why}"),
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
