//! Blocking calls, which run on the threads that wait for them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use common::{LIMIT, Service, call, credential, error, hanging, only, open, request, service, start};
use devcred_bridge::{
    Client, ErrorKind, Log, LogLevel, Operation, Options, Outcome, Request, Secret, is_bridge_thread,
};
use devcred_emulator::Emulator;
use tokio::runtime::Runtime;

fn options_without_pace(service: &Service) -> Options {
    Options { max_requests_per_second: Some(1_000_000_i64.into()), ..service.options() }
}

#[test]
fn calls_one_after_the_other_use_one_connection_also_on_several_threads() {
    let service = service();
    let client = open(options_without_pace(&service), None);
    for _ in 0..10 {
        thread::scope(|scope| {
            let calls = || (0..20).for_each(|_| drop(credential(call(&client, "GID_test@@@test"))));
            scope.spawn(calls).join().unwrap();
        });
    }
    assert_eq!(service.emulator.accepted_connections(), 1);
}

#[test]
fn many_threads_may_call_at_once() {
    let service = service();
    let client = open(options_without_pace(&service), None);
    let barrier = Barrier::new(64);
    thread::scope(|scope| {
        for number in 0..64 {
            let (client, barrier) = (&client, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for call_number in 0..20 {
                    let client_id = format!("GID_test@@@{number}-{call_number}");
                    assert_eq!(credential(call(client, &client_id)).client_id, client_id);
                }
            });
        }
    });
    assert_eq!(service.emulator.calls().len(), 64 * 20);
    // A call may begin before the connection of the last one has returned to the pool of the
    // bridge's thread.
    assert!(service.emulator.accepted_connections() < 2 * 64);
}

/// The first thread drives the runtime, until its call ends.
#[test]
fn a_call_continues_on_its_thread_when_the_thread_that_drives_leaves() {
    let service = service();
    let client = service.client();
    thread::scope(|scope| {
        let slow = scope.spawn(|| call(&client, "GID_test@@@fault-slow-100"));
        service.wait_for(|journal| journal.calls().len() == 1);
        let slower = scope.spawn(|| call(&client, "GID_test@@@fault-slow-300"));
        credential(slow.join().unwrap());
        credential(slower.join().unwrap());
    });
}

/// A server that answers the first request of each connection and then closes it, without notice.
fn closing_server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&requests);
    let body = r#"{"DeviceCredential":{"ClientId":"GID_test@@@test","InstanceId":"post-cn-0pp12gl****",
        "DeviceAccessKeyId":"DC.id","DeviceAccessKeySecret":"DC.secret","CreateTime":1,"UpdateTime":2}}"#;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    thread::spawn(move || {
        for socket in listener.incoming() {
            let (mut socket, mut head) = (socket.unwrap(), Vec::new());
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                socket.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            socket.write_all(answer.as_bytes()).unwrap();
            drop(socket);
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    (endpoint, requests)
}

/// A registration is not repeated, so it would fail on a connection that is closed.
#[test]
fn a_connection_that_was_closed_between_two_calls_is_not_used() {
    let (endpoint, requests) = closing_server();
    let options = Options {
        access_key_id: Some("id".to_owned()),
        access_key_secret: Some(Secret::new("s3cr3t")),
        endpoint: Some(endpoint),
        instance_id: Some(common::INSTANCE_ID.to_owned()),
        max_requests_per_second: Some(1_000_000_i64.into()),
        ..Options::default()
    };
    let client = open(options, None);
    for number in 0..100 {
        while requests.load(Ordering::SeqCst) < number {
            thread::yield_now();
        }
        credential(client.call(Request::new(Operation::RegisterDeviceCredential, "GID_test@@@test")));
    }
}

#[test]
fn blocking_and_started_calls_have_separate_connections_and_share_the_rest() {
    let builder = Emulator::builder().access_key("first", "first-s3cr3t").access_key("second", "second-s3cr3t");
    let service = Service::start(builder.clock_offset(24 * 3600));
    let options = Options { max_requests_per_second: Some(1_i64.into()), ..service.options() };
    let client = open(options, None);
    // The first attempt finds out what time it is for the service.
    credential(call(&client, "GID_test@@@test"));
    assert_eq!(service.emulator.calls().len(), 2);
    client.set_access_key("second".to_owned(), &Secret::new("second-s3cr3t"), None).unwrap();
    for number in 0..4 {
        let (_, outcomes) = start(&client, request("GID_test@@@test"));
        credential(only(&outcomes));
        credential(call(&client, "GID_test@@@test"));
        assert_eq!(service.emulator.calls().len(), 4 + 2 * number);
    }
    let keys: Vec<_> = service.emulator.calls().into_iter().filter_map(|call| call.access_key_id).collect();
    assert!(keys.iter().skip(2).all(|key| key == "second"), "{keys:?}");
    assert_eq!(service.emulator.accepted_connections(), 2);
    // The burst of ten is spent.
    let soon = || Request { timeout_ms: Some(50_i64.into()), ..request("GID_test@@@test") };
    let (_, outcomes) = start(&client, soon());
    for refused in [client.call(soon()), only(&outcomes)] {
        assert!(error(refused).message.starts_with("not sent: this client is limited to 1 requests a second"));
    }
}

#[test]
fn a_program_that_only_blocks_has_one_set_of_connections() {
    let service = service();
    let client = service.client();
    credential(call(&client, "GID_test@@@test"));
    drop(client);
    service.wait_for(|journal| journal.open_connections() == 0);
}

/// No thread drives the connections that close.
#[test]
fn connections_close_with_their_client() {
    for end in [Client::close, |client: &Client| client.close_and_wait().unwrap()] {
        let service = service();
        let client = service.client();
        credential(call(&client, "GID_test@@@test"));
        assert_eq!(service.emulator.open_connections(), 1);
        end(&client);
        service.wait_for(|journal| journal.open_connections() == 0);
    }
    let service = service();
    credential(call(&service.client(), "GID_test@@@test"));
    service.wait_for(|journal| journal.open_connections() == 0);
}

/// More than run before the driving thread looks at its call again.
#[test]
fn a_hundred_connections_close_with_their_client() {
    let service = service();
    let client = open(options_without_pace(&service), None);
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| credential(call(&client, "GID_test@@@fault-slow-300")));
        }
    });
    assert!(service.emulator.open_connections() > 61);
    client.close();
    service.wait_for(|journal| journal.open_connections() == 0);
}

#[test]
fn a_completion_closes_the_connections_of_blocking_calls() {
    let service = service();
    let client = Arc::new(service.client());
    credential(call(&client, "GID_test@@@test"));
    let (sender, closed) = channel();
    let inside = Arc::clone(&client);
    client.start(request("GID_test@@@test"), move |_| {
        inside.close();
        sender.send(()).unwrap();
    });
    closed.recv_timeout(LIMIT).unwrap();
    service.wait_for(|journal| journal.open_connections() == 0);
}

#[test]
fn closing_a_client_does_not_wait_for_the_call_of_another_and_ends_its_own() {
    let service = service();
    let (client, other) = (service.client(), service.client());
    thread::scope(|scope| {
        // The first of them drives the others.
        let others = [(); 2].map(|()| scope.spawn(|| other.call(hanging())));
        service.wait_for(|journal| journal.calls().len() == 2);
        let calls = [(); 4].map(|()| scope.spawn(|| client.call(hanging())));
        service.wait_for(|journal| journal.calls().len() == 6);
        client.close();
        for ended in calls {
            let error = error(ended.join().unwrap());
            assert!(error.message.starts_with("the client was closed during the call"), "{}", error.text);
        }
        service.wait_for(|journal| journal.open_connections() == 2);
        assert!(others.iter().all(|call| !call.is_finished()));
        other.close();
        for ended in others {
            assert_eq!(error(ended.join().unwrap()).kind, ErrorKind::InvalidParameter);
        }
    });
    service.wait_for(|journal| journal.open_connections() == 0);
}

#[test]
fn a_client_that_is_closed_and_waited_for_logs_nothing_afterwards() {
    let service = service();
    let (active, closed) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let (counter, is_closed) = (Arc::clone(&active), Arc::clone(&closed));
    let log = Log::new(LogLevel::Debug, move |_, _| {
        counter.fetch_add(1, Ordering::SeqCst);
        // Enough time for a close that does not wait for this function.
        thread::sleep(Duration::from_millis(50));
        assert!(!is_closed.load(Ordering::SeqCst));
        counter.fetch_sub(1, Ordering::SeqCst);
    });
    let client = service.client_with_log(log);
    thread::scope(|scope| {
        let threads = [(); 8].map(|()| scope.spawn(|| call(&client, "GID_test@@@fault-InternalError")));
        while active.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        client.close_and_wait().unwrap();
        assert_eq!(active.load(Ordering::SeqCst), 0);
        closed.store(true, Ordering::SeqCst);
        drop(threads.map(|thread| error(thread.join().unwrap())));
    });
}

#[test]
fn the_log_of_a_blocking_call_runs_on_its_thread_and_refuses_to_block() {
    type Found = (ThreadId, bool, Outcome, bool);
    static CLIENT: OnceLock<Client> = OnceLock::new();
    let service = service();
    let found = Arc::<Mutex<Vec<Found>>>::default();
    let events = Arc::clone(&found);
    let log = Log::new(LogLevel::Debug, move |_, _| {
        let client = CLIENT.get().unwrap();
        let is_close_refused = client.close_and_wait().is_err();
        let refused = call(client, "GID_test@@@inside");
        events.lock().unwrap().push((thread::current().id(), is_bridge_thread(), refused, is_close_refused));
    });
    let client = CLIENT.get_or_init(|| service.client_with_log(log));
    credential(call(client, "GID_test@@@fault-InternalError-1"));
    credential(client.call_interruptible(request("GID_test@@@test"), LIMIT, || ControlFlow::Continue(())));
    assert!(!is_bridge_thread());
    let found = std::mem::take(&mut *found.lock().unwrap());
    assert_eq!(found.len(), 4);
    for (thread, is_bridge_thread, refused, is_close_refused) in found {
        assert!(thread == thread::current().id() && is_bridge_thread && is_close_refused);
        assert!(error(refused).message.contains("inside a callback"));
    }
    assert!(service.emulator.calls().iter().all(|call| call.client_id.as_deref() != Some("GID_test@@@inside")));
}

/// An event is passed on when it happens, not when the call has ended.
#[test]
fn an_event_is_logged_before_the_call_continues() {
    let service = service();
    let (sender, lines) = channel();
    let client =
        service.client_with_log(Log::new(LogLevel::Warn, move |_, line| sender.send(line.to_owned()).unwrap()));
    thread::scope(|scope| {
        let running = scope.spawn(|| call(&client, "GID_test@@@fault-InternalError"));
        assert!(lines.recv_timeout(LIMIT).unwrap().starts_with("attempt failed, retrying"));
        assert!(!running.is_finished());
        error(running.join().unwrap());
    });
}

#[test]
fn a_check_follows_an_event_at_once() {
    let service = service();
    let logged = Arc::<AtomicBool>::default();
    let writer = Arc::clone(&logged);
    let client = service.client_with_log(Log::new(LogLevel::Warn, move |_, _| writer.store(true, Ordering::SeqCst)));
    let outcome = client.call_interruptible(request("GID_test@@@fault-InternalError"), 4 * LIMIT, || {
        assert!(logged.load(Ordering::SeqCst));
        ControlFlow::Break(())
    });
    assert!(matches!(outcome, Outcome::Cancelled));
}

#[test]
fn a_log_function_that_blocks_holds_up_no_other_thread() {
    let service = service();
    let (begun, wait_for_begun) = channel();
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let log = Log::new(LogLevel::Debug, move |_, _| {
        begun.send(()).unwrap();
        released.lock().unwrap().recv_timeout(LIMIT).unwrap();
    });
    let (logging, other) = (service.client_with_log(log), service.client());
    thread::scope(|scope| {
        let logged = scope.spawn(|| call(&logging, "GID_test@@@test"));
        wait_for_begun.recv_timeout(LIMIT).unwrap();
        credential(call(&other, "GID_test@@@test"));
        assert!(!logged.is_finished());
        release.send(()).unwrap();
        credential(logged.join().unwrap());
    });
}

#[test]
fn a_check_may_make_a_blocking_call() {
    let service = service();
    let client = service.client();
    let mut inner = None;
    let outcome = client.call_interruptible(request("GID_test@@@fault-slow-100"), Duration::from_millis(1), || {
        inner.get_or_insert_with(|| call(&client, "GID_test@@@inside"));
        ControlFlow::Continue(())
    });
    credential(outcome);
    credential(inner.unwrap());
}

#[test]
fn a_check_that_panics_ends_the_call_and_the_next_call_works() {
    let service = service();
    let client = service.client();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        client.call_interruptible(hanging(), Duration::from_millis(1), || std::panic::resume_unwind(Box::new(())))
    }));
    assert!(panicked.is_err());
    credential(call(&client, "GID_test@@@test"));
    service.wait_for(|journal| journal.open_connections() == 1);
    client.close_and_wait().unwrap();
}

/// A Rust program that uses a binding, or a plug-in of one.
#[test]
fn a_blocking_call_works_on_a_thread_that_runs_tokio_tasks() {
    let service = service();
    let client = Arc::new(service.client());
    let runtime = Runtime::new().unwrap();
    credential(runtime.block_on(async { call(&client, "GID_test@@@test") }));
    let (task, pool) = (Arc::clone(&client), Arc::clone(&client));
    credential(runtime.block_on(runtime.spawn(async move { call(&task, "GID_test@@@test") })).unwrap());
    credential(runtime.block_on(runtime.spawn_blocking(move || call(&pool, "GID_test@@@test"))).unwrap());
    let cancelled = runtime
        .block_on(async { client.call_interruptible(hanging(), Duration::from_millis(1), || ControlFlow::Break(())) });
    assert!(matches!(cancelled, Outcome::Cancelled));
    // Also to close the connections.
    credential(call(&client, "GID_test@@@test"));
    runtime.block_on(async { client.close() });
    service.wait_for(|journal| journal.open_connections() == 0);
}

#[test]
fn a_blocking_call_works_while_its_thread_destroys_its_variables() {
    struct CallInDrop(Arc<Client>, std::sync::mpsc::Sender<Outcome>);
    impl Drop for CallInDrop {
        fn drop(&mut self) {
            self.1.send(call(&self.0, "GID_test@@@test")).unwrap();
        }
    }
    thread_local!(static VARIABLE: RefCell<Option<CallInDrop>> = const { RefCell::new(None) });

    let service = service();
    let client = Arc::new(service.client());
    let (sender, outcomes) = channel();
    thread::spawn(move || {
        // Destroyed after the variables of tokio, which the call creates.
        VARIABLE.set(Some(CallInDrop(Arc::clone(&client), sender)));
        credential(call(&client, "GID_test@@@test"));
    })
    .join()
    .unwrap();
    credential(outcomes.recv_timeout(LIMIT).unwrap());
}
