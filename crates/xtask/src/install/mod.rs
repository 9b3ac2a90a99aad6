//! Installs tools and environments, each at one version, below `target/`.

pub(crate) mod debian;
pub(crate) mod installed;
pub(crate) mod tools;
mod venv;
pub(crate) mod zig;

pub(crate) use self::venv::Venv;
