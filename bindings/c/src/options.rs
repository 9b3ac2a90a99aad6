//! The options of a client, one setter for each.

use std::ffi::{c_char, c_void};
use std::ptr;

use devcred_bridge::{self as bridge, Count, ErrorInfo, Log, Milliseconds, Secret};

use crate::error::fallible;
use crate::log::{LogFunction, callback_log};
use crate::panic::boundary;
use crate::pointer::{free, optional_text, text};
use crate::status::{DEVCRED_OK, Status};

/// The options of a client. The caller owns them and must free them with devcred_options_free,
/// before or after the clients that were created with them. One thread at a time may use them.
///
/// Options that are not set have the defaults of the library; the reference page lists them. A
/// setter refuses NULL and strings that are not UTF-8. devcred_client_new checks the values. It
/// also fails if a setter has failed before, so a program need not check the status of each setter.
pub struct Options {
    options: bridge::Options,
    log: Option<Log>,
    /// The error of the first setter that failed.
    refusal: Option<Box<ErrorInfo>>,
}

impl Options {
    /// Opens a client, unless a setter has failed.
    pub(crate) fn open(&self) -> Result<bridge::Client, Box<ErrorInfo>> {
        match &self.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => bridge::Client::open("c", self.options.clone(), self.log.clone()),
        }
    }
}

fn new(options: bridge::Options) -> *mut Options {
    boundary(ptr::null_mut(), || Box::into_raw(Box::new(Options { options, log: None, refusal: None })))
}

/// Sets an option, or remembers why it cannot be set.
///
/// # Safety
/// `options` is NULL or a handle that has not been freed.
unsafe fn set(options: *mut Options, setter: impl FnOnce(&mut Options) -> Result<(), Box<ErrorInfo>>) -> Status {
    let set = || {
        // SAFETY: as the caller promises.
        let Some(options) = (unsafe { options.as_mut() }) else {
            return Err(ErrorInfo::invalid_parameter("options is NULL"));
        };
        setter(options).inspect_err(|refusal| {
            options.refusal.get_or_insert_with(|| refusal.clone());
        })
    };
    // SAFETY: nothing is written to NULL.
    unsafe { fallible(ptr::null_mut(), || set().map(|()| DEVCRED_OK)) }
}

/// Sets an option that is a string.
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
            *option(&mut options.options) = Some(text(name, value)?.to_owned());
            Ok(())
        })
    }
}

/// Sets an option that is a number or a duration, which the core checks.
///
/// # Safety
/// As `set`.
unsafe fn set_value<T>(
    options: *mut Options,
    value: impl Into<T>,
    option: fn(&mut bridge::Options) -> &mut Option<T>,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe {
        set(options, |options| {
            *option(&mut options.options) = Some(value.into());
            Ok(())
        })
    }
}

/// Creates options of which none is set. Never returns NULL.
///
/// The caller owns them and must free them with devcred_options_free.
#[unsafe(no_mangle)]
pub extern "C" fn devcred_options_new() -> *mut Options {
    new(bridge::Options::default())
}

/// Creates options that devcred_client_new reads from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
/// ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID,
/// DEVCRED_INSTANCE_ID, DEVCRED_ENDPOINT and DEVCRED_MAX_REQUESTS_PER_SECOND. Options that a setter
/// sets take precedence. Never returns NULL.
///
/// The caller owns them and must free them with devcred_options_free.
#[unsafe(no_mangle)]
pub extern "C" fn devcred_options_from_env() -> *mut Options {
    new(bridge::Options { from_env: true, ..bridge::Options::default() })
}

/// Sets the AccessKey that signs the requests: id, secret and, for a temporary key, its security
/// token (NULL for none).
///
/// The strings are copied. The copies of the secrets are wiped when the options and their clients
/// are freed.
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
            options.options.access_key_id = Some(key.id);
            options.options.access_key_secret = Some(key.secret);
            options.options.security_token = key.security_token;
            Ok(())
        })
    }
}

/// The arguments that make up an AccessKey.
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) security_token: Option<Secret>,
}

/// # Safety
/// Every string is NULL or ends with a NUL.
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

/// Sets the instance's region, such as cn-hangzhou. Requests go to the endpoint of the region.
///
/// The string is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_region(options: *mut Options, region: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "region", region, |options| &mut options.region) }
}

/// Sets the network of the endpoint: public, or vpc for machines in a virtual private cloud of the
/// region.
///
/// The string is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_network(options: *mut Options, network: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "network", network, |options| &mut options.network) }
}

/// Sets the endpoint instead of the region's: https://host[:port]; http for loopback only.
///
/// The string is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_endpoint(options: *mut Options, endpoint: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "endpoint", endpoint, |options| &mut options.endpoint) }
}

/// Sets the instance, unless a call sets another.
///
/// The string is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_instance_id(options: *mut Options, instance_id: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "instance_id", instance_id, |options| &mut options.instance_id) }
}

/// Sets the signature method: acs3-hmac-sha256, the default, or hmac-sha1. Do not use hmac-sha1
/// with a security token: it puts the token into the URL.
///
/// The string is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_signature(options: *mut Options, signature: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "signature", signature, |options| &mut options.signature) }
}

/// Trusts these certificate authorities, in PEM, in addition to those of the library or, if it is
/// set, of SSL_CERT_FILE.
///
/// The string is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_root_certificates_pem(
    options: *mut Options,
    root_certificates_pem: *const c_char,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        set(options, |options| {
            options.options.root_certificates_pem = Some(text("root_certificates_pem", root_certificates_pem)?.into());
            Ok(())
        })
    }
}

/// Sets the proxy: http[s]://[user:password@]host[:port], host:port or off. The default is
/// from HTTPS_PROXY and NO_PROXY.
///
/// The string is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_proxy(options: *mut Options, proxy: *const c_char) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_text(options, "proxy", proxy, |options| &mut options.proxy) }
}

/// Sets the timeout of a call, with the rate limiter and all retries: 1 to 86,400,000 milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_timeout(options: *mut Options, timeout_ms: u64) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value::<Milliseconds>(options, timeout_ms, |options| &mut options.timeout_ms) }
}

/// Sets the timeout of one attempt: 1 to 86,400,000 milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_attempt_timeout(options: *mut Options, attempt_timeout_ms: u64) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value::<Milliseconds>(options, attempt_timeout_ms, |options| &mut options.attempt_timeout_ms) }
}

/// Sets the timeout to connect, which includes DNS, TCP, the proxy and TLS: 1 to 86,400,000
/// milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_connect_timeout(options: *mut Options, connect_timeout_ms: u64) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value::<Milliseconds>(options, connect_timeout_ms, |options| &mut options.connect_timeout_ms) }
}

/// Sets the maximum number of attempts, the first included: at least 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_max_attempts(options: *mut Options, max_attempts: u32) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value::<Count>(options, max_attempts, |options| &mut options.max_attempts) }
}

/// Sets the maximum number of connections that are open at a time: 1 to 10,000. A call that finds
/// all of them in use waits for one, within its timeout.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_max_connections(options: *mut Options, max_connections: u32) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value::<Count>(options, max_connections, |options| &mut options.max_connections) }
}

/// Sets how many of the connections are opened at a time: 1 to 10,000.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_max_connecting(options: *mut Options, max_connecting: u32) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value::<Count>(options, max_connecting, |options| &mut options.max_connecting) }
}

/// Sets the maximum number of requests per second, retries included: 1 to 1,000,000. The service
/// blocks a source address that sends more than 300.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_set_max_requests_per_second(
    options: *mut Options,
    max_requests_per_second: u32,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { set_value::<Count>(options, max_requests_per_second, |options| &mut options.max_requests_per_second) }
}

/// Sets a function that receives the log events of clients created with these options: those of
/// `level`, DEVCRED_LOG_ERROR to DEVCRED_LOG_TRACE, and more severe ones. NULL removes it.
///
/// It is called with `user_data`: during a blocking call on the thread of that call, otherwise on
/// the thread of the library, so possibly on several threads at once. It must return soon, and it
/// must return normally: a C++ exception ends the process. A blocking call inside it is refused.
/// `user_data` must stay valid until devcred_client_close has closed every client that was created
/// with these options.
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

/// Frees options. NULL is ignored. Clients that were created with them continue to work.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_options_free(options: *mut Options) {
    // SAFETY: as the header asks of the caller.
    unsafe { free(options) }
}
