//! Ctrl-C.

#![cfg(unix)]

use std::time::Duration;

use crate::command::Running;
use crate::service::Service;

#[test]
fn ctrl_c_ends_a_call_at_once_with_130() {
    let service = Service::start();
    let call = Running::new(service.get("GID_x@@@fault-hang", &[]).spawn().unwrap());
    service.wait_for_a_call();

    let ended = call.end_by("INT");
    assert_eq!((ended.status, ended.stdout.as_str(), ended.stderr.as_str()), (Some(130), "", ""));
    // Without it, the attempt would end by itself after 5 seconds.
    assert!(ended.took < Duration::from_secs(4), "{:?}", ended.took);
    assert_eq!(service.calls().len(), 1);
}
