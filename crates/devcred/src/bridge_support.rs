//! What the bindings' bridge and the command need in addition to the public API. It may change in
//! any version.

use std::sync::Arc;

use crate::access_key::AccessKey;
use crate::builder::ClientBuilder;
use crate::client::Client;
pub use crate::env::NAMES as VARIABLES;
use crate::error::Error;
pub use crate::resolver::Resolver;

/// The operations, for what is generic over them.
pub mod operation {
    pub use crate::operation::*;
}

/// Sets the language of the caller's program: the last word of the user agent.
pub fn with_language(builder: ClientBuilder, language: &'static str) -> ClientBuilder {
    builder.language(language)
}

/// Lets clients share the threads of one resolver.
pub fn with_resolver(builder: ClientBuilder, resolver: Resolver) -> ClientBuilder {
    builder.resolver(resolver)
}

/// Returns the AccessKey that the client uses now.
pub fn access_key(client: &Client) -> Arc<AccessKey> {
    client.access_key()
}

/// Returns the host that requests go to, with the port unless it is the default one.
pub fn endpoint_host(client: &Client) -> &str {
    client.config().endpoint.host()
}

/// Returns the instance of the calls that set no other.
pub fn instance_id(client: &Client) -> Option<&str> {
    client.config().instance_id.as_deref()
}

/// Creates a client with the same configuration in a forked process, in which any lock of the old
/// client may be held by a thread that no longer exists. It reads only what never changes, and
/// takes AccessKey and resolver from the caller. The old client must not be dropped in that
/// process.
///
/// # Errors
/// `Internal` if the HTTP client cannot be set up.
pub fn rebuild(client: &Client, access_key: AccessKey, resolver: Resolver) -> Result<Client, Error> {
    Client::new(client.config().rebuild(), &resolver, access_key)
}

/// Creates a client for another runtime, to which its one connection belongs. It shares AccessKey,
/// rate limiter, limit of connections and learned time with the first client. `None` if the first
/// one has no connection to spare, or if the HTTP client cannot be set up.
pub fn with_separate_connection(client: &Client, resolver: Resolver) -> Option<Client> {
    client.with_separate_connection(&resolver)
}

/// Creates the error for input that the caller of this refuses.
pub fn invalid_parameter(message: &str) -> Error {
    Error::invalid_parameter(message)
}

/// Creates the error for a fault of the caller of this.
pub fn internal_error(message: &str, advice: Option<&str>) -> Error {
    Error::internal(message, advice.map(str::to_owned))
}
