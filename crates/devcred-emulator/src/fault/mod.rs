//! Faults: what happens instead of the service's own response because a step or the name of a
//! device asks for it.

pub(crate) mod device_name;
pub(crate) mod json;
pub(crate) mod run;
pub(crate) mod step;
