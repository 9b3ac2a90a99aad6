//! Installs tools and environments, each at one version, below `target/`.

pub(crate) mod debian;
pub(crate) mod installed;
pub(crate) mod tools;
pub(crate) mod venv;
pub(crate) mod zig;
