//! Requests and responses of the service's API.

pub(crate) mod content;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod xml;
