//! What a client is made of, gathered setter by setter.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::time::Duration;

use devcred_bridge::{self as bridge, ErrorInfo, Secret};

use crate::error::fallible;
use crate::log::{LogFunction, callback_log};
use crate::panic::boundary;
use crate::pointer::{free, optional_text, text};
use crate::status::{DEVCRED_OK, Status};

/// What a client is made of. It belongs to the caller, who frees it with devcred_options_free, before or after the clients
/// that are made of it. One thread at a time may use it.
///
/// What is not set is as the library has it: README.md has the table. A setter refuses a NULL and a text that is not UTF-8; the
/// values themselves are looked at by devcred_client_new, which also refuses options of which a setter has refused something,
/// so that a program need not look at every setter's status.
pub struct Options {
    options: bridge::Options,
    /// What a setter has refused first.
    refused: Option<Box<ErrorInfo>>,
}

impl Options {
    pub(crate) fn get(&self) -> Result<bridge::Options, Box<ErrorInfo>> {
        self.refused.clone().map_or_else(|| Ok(self.options.clone()), Err)
    }
}

fn new(options: bridge::Options) -> *mut Options {
    boundary(ptr::null_mut(), || Box::into_raw(Box::new(Options { options, refused: None })))
}

/// Sets one option, or remembers why it cannot be set.
///
/// # Safety
/// `options` is NULL or one that `new` made and nobody has freed.
unsafe fn set(
    options: *mut Options,
    setter: impl FnOnce(&mut bridge::Options) -> Result<(), Box<ErrorInfo>>,
) -> Status {
    let set = || {
        // SAFETY: as the caller promises.
        let Some(options) = (unsafe { options.as_mut() }) else {
            return Err(ErrorInfo::invalid_parameter("options is NULL"));
        };
        setter(&mut options.options).inspect_err(|refused| {
            options.refused.get_or_insert_with(|| refused.clone());
        })
    };
    // SAFETY: NULL is nowhere to write to.
    unsafe { fallible(ptr::null_mut(), || set().map(|()| DEVCRED_OK)) }
}

/// Sets an option that is a text.
///
/// # Safety
/// As `set`, and `value` is NULL or ends with a NUL.
unsafe fn set_text(
    options: *mut Options,
    name: &str,
    value: *const c_char,
    option: fn(&mut bridge::Options) -> &mut Option<String>,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe {
        set(options, |options| {
            *option(options) = Some(text(name, value)?.to_owned());
            Ok(())
        })
    }
}

/// Sets an option that is a number or a time: the core judges it.
///
/// # Safety
/// As `set`.
unsafe fn set_value<T>(options: *mut Options, value: T, option: fn(&mut bridge::Options) -> &mut Option<T>) -> Status {
    // SAFETY: as the caller promises.
    unsafe {
        set(options, |options| {
            *option(options) = Some(value);
            Ok(())
        })
    }
}

/// Options of which none is set. Never NULL.
///
/// The caller frees them with devcred_options_free.
#[unsafe(no_mangle)]
pub extern "C" fn devcred_options_new() -> *mut Options {
    new(bridge::Options::new("c"))
}

/// Options that come from the environment, as devcred_client_new finds it: ALIBABA_CLOUD_ACCESS_KEY_ID,
/// ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, DEVCRED_INSTANCE_ID,
/// DEVCRED_ENDPOINT and DEVCRED_MAX_REQUESTS_PER_SECOND. What a setter sets goes before them. Never NULL.
///
/// The caller frees them with devcred_options_free.
#[unsafe(no_mangle)]
pub extern "C" fn devcred_options_from_env() -> *mut Options {
    new(bridge::Options { from_env: true, ..bridge::Options::new("c") })
}

/// Sets the AccessKey of the account: id, secret and, for a temporary one, its security token; else NULL.
///
/// The texts are copied, and wiped when the options and their clients are freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_access_key(
    options: *mut Options,
    access_key_id: *const c_char,
    access_key_secret: *const c_char,
    security_token: *const c_char,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        set(options, |options| {
            let key = access_key(access_key_id, access_key_secret, security_token)?;
            options.access_key_id = Some(key.id);
            options.access_key_secret = Some(key.secret);
            options.security_token = key.security_token;
            Ok(())
        })
    }
}

/// An AccessKey as C gives it.
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) security_token: Option<Secret>,
}

/// # Safety
/// Every text is NULL or ends with a NUL.
pub(crate) unsafe fn access_key(
    id: *const c_char,
    secret: *const c_char,
    token: *const c_char,
) -> Result<AccessKey, Box<ErrorInfo>> {
    // SAFETY: as the caller promises.
    unsafe {
        Ok(AccessKey {
            id: text("access_key_id", id)?.to_owned(),
            secret: Secret::new(text("access_key_secret", secret)?),
            security_token: optional_text("security_token", token)?.map(Secret::new),
        })
    }
}

/// Sets the region, such as cn-hangzhou; the endpoint follows from it.
///
/// The text is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_region(options: *mut Options, region: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "region", region, |options| &mut options.region) }
}

/// Sets from which network the service is asked: public, or vpc from a machine inside the region's.
///
/// The text is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_network(options: *mut Options, network: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "network", network, |options| &mut options.network) }
}

/// Sets the endpoint in place of the one that follows from the region: https://host[:port], or http for this machine itself.
///
/// The text is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_endpoint(options: *mut Options, endpoint: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "endpoint", endpoint, |options| &mut options.endpoint) }
}

/// Sets the instance of calls that do not name one.
///
/// The text is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_instance_id(options: *mut Options, instance_id: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "instance_id", instance_id, |options| &mut options.instance_id) }
}

/// Sets how requests are signed: acs3-hmac-sha256 or hmac-sha1. With a security token, leave the first.
///
/// The text is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_signature(options: *mut Options, signature: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "signature", signature, |options| &mut options.signature) }
}

/// Adds these certificates, in PEM, to the authorities that are trusted: those of the library, or of SSL_CERT_FILE.
///
/// The text is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_root_certificates_pem(
    options: *mut Options,
    root_certificates_pem: *const c_char,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        set(options, |options| {
            options.root_certificates_pem = Some(text("root_certificates_pem", root_certificates_pem)?.into());
            Ok(())
        })
    }
}

/// Sets the proxy: http[s]://[user:password@]host[:port], or off. Without it HTTPS_PROXY and NO_PROXY say.
///
/// The text is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_proxy(options: *mut Options, proxy: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "proxy", proxy, |options| &mut options.proxy) }
}

/// Sets how long a call may take in all, waits and retries included: 1 to 86,400,000 milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_timeout(options: *mut Options, timeout_ms: u64) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value(options, Duration::from_millis(timeout_ms), |options| &mut options.timeout) }
}

/// Sets how long one attempt may take: 1 to 86,400,000 milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_attempt_timeout(options: *mut Options, attempt_timeout_ms: u64) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value(options, Duration::from_millis(attempt_timeout_ms), |options| &mut options.attempt_timeout) }
}

/// Sets how long it may take to connect - name, TCP, proxy and TLS together: 1 to 86,400,000 milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_connect_timeout(options: *mut Options, connect_timeout_ms: u64) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value(options, Duration::from_millis(connect_timeout_ms), |options| &mut options.connect_timeout) }
}

/// Sets how often a request is sent at most, the first time included: at least 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_max_attempts(options: *mut Options, max_attempts: u32) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value(options, max_attempts, |options| &mut options.max_attempts) }
}

/// Sets how many requests a second this client sends at most: 1 to 1,000,000. The service blocks an address above 300.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_max_requests_per_second(
    options: *mut Options,
    max_requests_per_second: u32,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value(options, max_requests_per_second, |options| &mut options.max_requests_per_second) }
}

/// Sets a function that is told the log events of the clients made of these options, up to a level: DEVCRED_LOG_ERROR to
/// DEVCRED_LOG_TRACE. NULL takes it away again.
///
/// It is called with `user_data` on threads of the library, perhaps several at once, and must return soon. It must return: a C++
/// exception that leaves it ends the process. `user_data` must stay valid until each client that was made of these options has
/// been closed by devcred_client_close.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_log(
    options: *mut Options,
    level: i32,
    log: LogFunction,
    user_data: *mut c_void,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        set(options, |options| {
            options.log = log.map(|function| callback_log(level, function, user_data)).transpose()?;
            Ok(())
        })
    }
}

/// Frees options. NULL is allowed and does nothing. Clients made of them go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_free(options: *mut Options) {
    // SAFETY: as the header asks of the caller.
    unsafe { free(options) }
}
