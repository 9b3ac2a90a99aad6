//! The functions that `NativeLibrary.kt` and `NativeClient.kt` declare.

#![allow(non_snake_case, reason = "the JVM finds a function by the name of its class and method")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use devcred_bridge::{self as bridge, ErrorInfo, Options, Outcome, Request, RevealedCredential, Secret, contain_panic};
use jni_sys::jlong;

use crate::client::NativeClient;
use crate::data::{FromJava as _, ToJava as _};
use crate::jni::{Env, Object, Thrown};
use crate::vm::{self, Global};

/// Runs the body of a function. After an exception or a panic it returns the default, which Java
/// ignores if an exception is pending.
fn run<T>(default: T, body: impl FnOnce() -> Result<T, Thrown>) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Thrown)).unwrap_or(default)
}

/// Returns the client of a pointer.
fn client<'frame>(pointer: jlong) -> &'frame NativeClient {
    // SAFETY: the pointer is the result of `open`. The facade frees it when no object refers to it,
    // so not while a function of that object is running.
    unsafe { &*(pointer as *const NativeClient) }
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeLibrary_version<'f>(env: Env<'f>, _: Object<'f>) -> Object<'f> {
    run(Object::NULL, || env!("CARGO_PKG_VERSION").to_java(env))
}

/// Returns a pointer to a client as a `long[1]`, or why an option was refused as an `Object[]`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeLibrary_open<'f>(
    env: Env<'f>,
    _: Object<'f>,
    options: Object<'f>,
    log_level: Object<'f>,
    log: Object<'f>,
) -> Object<'f> {
    run(Object::NULL, || {
        let (options, level) = (Options::from_java(env, options)?, String::from_java(env, log_level)?);
        let log = if log.is_null() { None } else { Some(Global::new(env, log)?) };
        match contain_panic(|| NativeClient::open(options, &level, log)) {
            Ok(client) => env.number(Box::into_raw(Box::new(client)) as jlong),
            Err(error) => error.to_java(env),
        }
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeLibrary_free<'f>(_: Env<'f>, _: Object<'f>, pointer: jlong) {
    run((), || {
        // SAFETY: the pointer is the result of `open`, and the facade frees it once.
        drop(unsafe { Box::from_raw(pointer as *mut NativeClient) });
        Ok(())
    });
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeLibrary_end<'f>(_: Env<'f>, _: Object<'f>) {
    run((), || {
        vm::end();
        Ok(())
    });
}

/// Restores a credential, or returns why it cannot be one.
#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeLibrary_restore<'f>(
    env: Env<'f>,
    _: Object<'f>,
    revealed: Object<'f>,
) -> Object<'f> {
    run(Object::NULL, || {
        let revealed = RevealedCredential::from_java(env, revealed)?;
        let restored = contain_panic(|| revealed.restore());
        restored.map_or_else(Outcome::from, |credential| Outcome::Credential(Box::new(credential))).to_java(env)
    })
}

/// Creates the error for a string that Java has and UTF-8 has not.
#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeLibrary_notUnicode<'f>(
    env: Env<'f>,
    _: Object<'f>,
    name: Object<'f>,
) -> Object<'f> {
    run(Object::NULL, || ErrorInfo::not_unicode(&String::from_java(env, name)?).to_java(env))
}

/// Returns the error for a blocking call in a callback, if this is one.
#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeLibrary_refuseBlocking<'f>(
    env: Env<'f>,
    _: Object<'f>,
) -> Object<'f> {
    run(Object::NULL, || bridge::is_bridge_thread().then(|| *ErrorInfo::blocking_in_callback()).to_java(env))
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeClient_startCall<'f>(
    env: Env<'f>,
    _: Object<'f>,
    pointer: jlong,
    request: Object<'f>,
    listener: Object<'f>,
) -> jlong {
    run(0, || {
        let (request, listener) = (Request::from_java(env, request)?, Global::new(env, listener)?);
        Ok(client(pointer).start(request, listener))
    })
}

/// Makes a call and returns its outcome, null if `thread`, which is the current one, was
/// interrupted.
#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeClient_makeCall<'f>(
    env: Env<'f>,
    _: Object<'f>,
    pointer: jlong,
    request: Object<'f>,
    thread: Object<'f>,
) -> Object<'f> {
    run(Object::NULL, || {
        let request = Request::from_java(env, request)?;
        let outcome = contain_panic(|| Ok(client(pointer).call(request, || vm::is_interrupted(env, thread))));
        outcome.unwrap_or_else(Outcome::from).to_java(env)
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeClient_cancelCall<'f>(
    _: Env<'f>,
    _: Object<'f>,
    pointer: jlong,
    id: jlong,
) {
    run((), || {
        client(pointer).cancel(id);
        Ok(())
    });
}

/// Replaces the AccessKey, or returns why not.
#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeClient_replaceAccessKey<'f>(
    env: Env<'f>,
    _: Object<'f>,
    pointer: jlong,
    id: Object<'f>,
    secret: Object<'f>,
    security_token: Object<'f>,
) -> Object<'f> {
    run(Object::NULL, || {
        let (id, secret) = (String::from_java(env, id)?, Secret::from_java(env, secret)?);
        let token = Option::<Secret>::from_java(env, security_token)?;
        let replaced = contain_panic(|| client(pointer).set_access_key(id, &secret, token.as_ref()));
        replaced.err().map(|error| *error).to_java(env)
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_devcred_internal_NativeClient_closeClient<'f>(_: Env<'f>, _: Object<'f>, pointer: jlong) {
    run((), || {
        client(pointer).close();
        Ok(())
    });
}
