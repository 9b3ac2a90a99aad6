//! Faults: what a step or the name of a device asks for instead of the service's answer.

pub(crate) mod device_name;
pub(crate) mod json;
pub(crate) mod run;
pub(crate) mod step;
