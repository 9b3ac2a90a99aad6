//! Random valid sequences of calls of the C API, against an emulator in this process.
//!
//! A program may do anything that `devcred.h` allows: free in any order, cancel a call twice, free
//! a handle before its call ends, close a client that is still used, pass NULL. Each call completes
//! exactly once, and its results match its status. The sanitizers detect memory that is used after
//! it is freed, freed twice, or never freed.

use std::ffi::{CStr, CString};
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use devcred_emulator::Emulator;
use tokio::runtime::Runtime;

use crate::c_abi::*;
use crate::c_callback::{CallbackCall, on_complete, on_event};
use crate::call::SECRET;

const ACCESS_KEY_ID: &str = "LTAI5tFuzz";
const STEPS_MAX: usize = 48;
/// Far longer than any call can take here.
const LIMIT: Duration = Duration::from_secs(8);

/// Plausible texts for options; an input can also contain others.
const TEXTS: [&CStr; 12] = [
    c"cn-hangzhou",
    c"public",
    c"vpc",
    c"post-cn-0pp12gl0001",
    c"acs3-hmac-sha256",
    c"hmac-sha1",
    c"off",
    c"http://user:p4ssw0rd@127.0.0.1:9",
    c"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    c"",
    c"\xff",
    c"a value with spaces",
];

/// Devices of the emulator: the name of a device selects the fault of its requests.
const DEVICES: [&CStr; 9] = [
    c"GID_test@@@test",
    c"GID_test@@@another",
    c"GID_test@@@fault-hang",
    c"GID_test@@@fault-close",
    c"GID_test@@@fault-close-1",
    c"GID_test@@@fault-slow-3",
    c"GID_test@@@fault-Throttling.User-1",
    c"GID_test@@@fault-DeviceCredentialNotFound",
    c"no client id",
];

/// Timeouts for the options in milliseconds: short, and some are refused.
const OPTION_TIMES: [u64; 5] = [30, 1, 10, 0, 86_400_001];
/// Timeouts for a call in milliseconds; -1 is the client's timeout.
const CALL_TIMES: [i64; 5] = [-1, 30, 1, 0, -2];

/// The input is a program: each byte is a step or an argument of one.
pub fn c_api(data: &[u8]) {
    let mut program = Program { input: data, ..Program::default() };
    for _ in 0..STEPS_MAX {
        let Some(step) = program.next() else { break };
        program.step(step);
    }
    program.finish();
}

/// Returns the endpoint of an emulator that runs as long as this process.
fn endpoint() -> &'static CStr {
    static SERVER: OnceLock<(Runtime, Emulator, CString)> = OnceLock::new();
    let (.., endpoint) = SERVER.get_or_init(|| {
        let runtime = Runtime::new().expect("a runtime starts");
        let start = Emulator::builder().access_key(ACCESS_KEY_ID, SECRET).start();
        let emulator = runtime.block_on(start).expect("the emulator starts");
        let endpoint = CString::new(emulator.endpoint()).expect("a URL contains no NUL");
        (runtime, emulator, endpoint)
    });
    endpoint
}

/// A call handle that the program has not freed.
struct Handle {
    call: *mut Call,
    /// Whether `devcred_call_wait` took the outcome. `None`: the call has a callback.
    is_taken: Option<bool>,
    client_id: CString,
}

/// The objects of a program.
#[derive(Default)]
struct Program<'a> {
    input: &'a [u8],
    options: Vec<*mut Options>,
    clients: Vec<*mut Client>,
    handles: Vec<Handle>,
    /// The calls with a callback, each with its client, or NULL if that was freed.
    callback_calls: Vec<(*mut Client, Arc<CallbackCall>)>,
}

// SAFETY, for every call of the library below: handles come from the library and are removed from
// the lists when they are freed, texts are NUL-terminated and live until the function returns, and
// out-parameters are local variables, except for `handle` of `CallbackCall`, which lives until its
// call has completed.
impl Program<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.input.split_first()?;
        self.input = rest;
        Some(*first)
    }

    fn argument(&mut self) -> usize {
        self.next().unwrap_or_default().into()
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let index = self.argument();
        from.get(index.checked_rem(from.len())?).copied()
    }

    /// Returns a text of the table, NULL, or a text of the input.
    fn text(&mut self) -> Option<CString> {
        match self.argument() {
            255 => None,
            length @ 128.. => {
                let (text, rest) = self.input.split_at((length - 128).min(self.input.len()));
                self.input = rest;
                Some(
                    CString::new(text.split(|byte| *byte == 0).next().unwrap_or_default())
                        .expect("the text ends before the first NUL"),
                )
            }
            index => TEXTS.get(index % TEXTS.len()).map(|text| (*text).to_owned()),
        }
    }

    fn step(&mut self, step: u8) {
        match step % 16 {
            0 => self.new_options(),
            1 => self.set_option(),
            2 | 3 => self.new_client(),
            4 => self.set_access_key(),
            5..=7 => self.start(step),
            8 => self.get(),
            9 => self.cancel(),
            10 => self.wait(),
            11 => self.free_handle(),
            12 if step < 128 => self.free_client(),
            12 => self.close_client(),
            13 => self.free_options(),
            14 => pass_null(),
            _ => {
                let status = self.argument() as i32 - 8;
                // SAFETY: the function takes any number.
                let _ = unsafe { text_of(devcred_status_name(status)) };
            }
        }
    }

    fn new_options(&mut self) {
        let from_env = self.argument() % 4 == 1;
        unsafe {
            let options = if from_env { devcred_options_from_env() } else { devcred_options_new() };
            assert!(!options.is_null(), "devcred_options_new returned NULL");
            // Send only to loopback, and keep calls short.
            assert_eq!(devcred_options_set_endpoint(options, endpoint().as_ptr()), OK);
            let [id, secret] =
                [ACCESS_KEY_ID, SECRET].map(|text| CString::new(text).expect("the text contains no NUL"));
            assert_eq!(devcred_options_set_access_key(options, id.as_ptr(), secret.as_ptr(), null()), OK);
            assert_eq!(devcred_options_set_instance_id(options, c"post-cn-0pp12gl0001".as_ptr()), OK);
            assert_eq!(devcred_options_set_timeout(options, 30), OK);
            assert_eq!(devcred_options_set_max_requests_per_second(options, 100_000), OK);
            self.options.push(options);
        }
    }

    fn set_option(&mut self) {
        let Some(options) = self.choose(&self.options.clone()) else { return };
        let setter = self.argument();
        unsafe {
            let status = match setter % 8 {
                0 => {
                    let ms = self.choose(&OPTION_TIMES).unwrap_or(1);
                    TIME_SETTERS.get(setter / 8 % TIME_SETTERS.len()).map_or(OK, |set| set(options, ms))
                }
                1 => {
                    let count = self.argument() as u32;
                    COUNT_SETTERS.get(setter / 8 % COUNT_SETTERS.len()).map_or(OK, |set| set(options, count))
                }
                2 => {
                    let (level, is_null) = (self.argument() as i32 % 8, setter & 8 != 0);
                    devcred_options_set_log(options, level, (!is_null).then_some(on_event as LogFunction), null_mut())
                }
                3 => {
                    let unusable = [c"http://127.0.0.1:1", c"http://[::1]:1", c"ftp://example.com", c""];
                    let endpoint = self.choose(&unusable).unwrap_or(c"");
                    devcred_options_set_endpoint(options, endpoint.as_ptr())
                }
                _ => {
                    let text = self.text();
                    TEXT_SETTERS.get(setter / 8 % TEXT_SETTERS.len()).map_or(OK, |set| set(options, pointer(&text)))
                }
            };
            assert!([OK, INVALID_PARAMETER].contains(&status), "{status}");
        }
    }

    fn new_client(&mut self) {
        let Some(options) = self.choose(&self.options.clone()) else { return };
        let (mut client, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = devcred_client_new(options, &raw mut client, &raw mut error);
            assert_eq!(status == OK, !client.is_null());
            check_error(status, error);
            devcred_error_free(error);
        }
        if !client.is_null() {
            self.clients.push(client);
        }
    }

    fn set_access_key(&mut self) {
        let Some(client) = self.choose(&self.clients.clone()) else { return };
        let (id, secret, token) = (self.text(), self.text(), self.text());
        let mut error = null_mut();
        unsafe {
            let status =
                devcred_client_set_access_key(client, pointer(&id), pointer(&secret), pointer(&token), &raw mut error);
            check_error(status, error);
            devcred_error_free(error);
        }
    }

    fn start(&mut self, kind: u8) {
        let Some(client) = self.choose(&self.clients.clone()) else { return };
        let (device, ms) = (self.choose(&DEVICES).unwrap_or(c""), self.choose(&CALL_TIMES).unwrap_or(1));
        let client_id = device.to_owned();
        let (mut call, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = if kind % 16 == 5 {
                let status = devcred_get_device_credential_start(
                    client,
                    client_id.as_ptr(),
                    null(),
                    ms,
                    None,
                    null_mut(),
                    &raw mut call,
                    &raw mut error,
                );
                if status == OK {
                    self.handles.push(Handle { call, is_taken: Some(false), client_id });
                }
                status
            } else {
                let callback_call = Arc::new(CallbackCall { client_id, ..CallbackCall::default() });
                let frees_handle = kind % 16 == 7;
                let handle = if frees_handle { callback_call.handle.as_ptr() } else { &raw mut call };
                let status = devcred_get_device_credential_start(
                    client,
                    callback_call.client_id.as_ptr(),
                    null(),
                    ms,
                    Some(on_complete),
                    Arc::as_ptr(&callback_call).cast_mut().cast(),
                    handle,
                    &raw mut error,
                );
                assert!(frees_handle || (status == OK) != call.is_null());
                if status == OK {
                    if !frees_handle {
                        self.handles.push(Handle { call, is_taken: None, client_id: callback_call.client_id.clone() });
                    }
                    self.callback_calls.push((client, callback_call));
                }
                status
            };
            check_error(status, error);
            devcred_error_free(error);
        }
    }

    fn get(&mut self) {
        let Some(client) = self.choose(&self.clients.clone()) else { return };
        let (device, ms) = (self.choose(&DEVICES).unwrap_or(c""), self.choose(&CALL_TIMES).unwrap_or(1));
        let (mut credential, mut error) = (null_mut(), null_mut());
        unsafe {
            let status =
                devcred_get_device_credential(client, device.as_ptr(), null(), ms, &raw mut credential, &raw mut error);
            assert!(is_consistent(status, credential, error, device), "{status}");
            check_error(status, error);
            devcred_credential_free(credential);
            devcred_error_free(error);
        }
    }

    fn cancel(&mut self) {
        let index = self.argument();
        let Some(handle) = self.handles.iter().cycle().nth(index) else { return };
        // SAFETY: as above.
        assert_eq!(unsafe { devcred_call_cancel(handle.call) }, OK);
    }

    fn wait(&mut self) {
        let index = self.argument();
        let count = self.handles.len().max(1);
        let Some(handle) = self.handles.get_mut(index % count) else { return };
        let (mut credential, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = devcred_call_wait(handle.call, &raw mut credential, &raw mut error);
            match handle.is_taken.replace(true) {
                Some(false) => assert!(is_consistent(status, credential, error, &handle.client_id), "{status}"),
                earlier => {
                    handle.is_taken = earlier;
                    assert_eq!((status, credential.is_null()), (INVALID_PARAMETER, true));
                }
            }
            check_error(status, error);
            devcred_credential_free(credential);
            devcred_error_free(error);
        }
    }

    fn free_handle(&mut self) {
        let index = self.argument();
        if !self.handles.is_empty() {
            let handle = self.handles.remove(index % self.handles.len());
            unsafe { devcred_call_free(handle.call) };
        }
    }

    fn free_client(&mut self) {
        let index = self.argument();
        if !self.clients.is_empty() {
            let client = self.clients.remove(index % self.clients.len());
            unsafe { devcred_client_free(client) };
            self.callback_calls_of(client).for_each(|(client, _)| *client = null_mut());
        }
    }

    fn callback_calls_of(
        &mut self,
        client: *mut Client,
    ) -> impl Iterator<Item = &mut (*mut Client, Arc<CallbackCall>)> {
        self.callback_calls.iter_mut().filter(move |(owner, _)| *owner == client)
    }

    /// Closes a client: each of its calls has completed when `devcred_client_close` returns.
    fn close_client(&mut self) {
        let Some(client) = self.choose(&self.clients.clone()) else { return };
        // SAFETY: as above.
        assert_eq!(unsafe { devcred_client_close(client) }, OK);
        for (_, call) in self.callback_calls_of(client) {
            assert_eq!(
                call.completions.load(Ordering::Acquire),
                1,
                "a call of a closed client must have completed once"
            );
        }
    }

    fn free_options(&mut self) {
        let index = self.argument();
        if !self.options.is_empty() {
            unsafe { devcred_options_free(self.options.remove(index % self.options.len())) };
        }
    }

    /// Frees the remaining objects, in an order that depends on the number of calls, and waits
    /// until every call has completed.
    fn finish(mut self) {
        for kind in [0, 1, 2].iter().cycle().skip(self.callback_calls.len()).take(3) {
            match kind {
                0 => self.handles.drain(..).for_each(|handle| unsafe { devcred_call_free(handle.call) }),
                1 => self.clients.drain(..).for_each(|client| unsafe { devcred_client_free(client) }),
                _ => self.options.drain(..).for_each(|options| unsafe { devcred_options_free(options) }),
            }
        }
        let begin = Instant::now();
        let is_running = |(_, call): &(*mut Client, Arc<CallbackCall>)| call.completions.load(Ordering::Acquire) == 0;
        while self.callback_calls.iter().any(is_running) {
            assert!(begin.elapsed() < LIMIT, "a call did not complete");
            thread::sleep(Duration::from_micros(100));
        }
        for (_, call) in &self.callback_calls {
            assert_eq!(call.completions.load(Ordering::Acquire), 1, "a call completed twice");
            assert!(!call.has_failed.load(Ordering::Acquire), "the arguments of a callback do not match its status");
        }
    }
}
