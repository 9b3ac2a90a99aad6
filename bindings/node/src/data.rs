//! The plain data of the bridge, as objects and arrays of JavaScript.
//!
//! The tables of the bridge list the fields. napi converts structs of this crate only, so the macros
//! declare them, with types of this crate that napi converts.

use devcred_bridge::{
    self as bridge, credential_fields, error_fields, mqtt_login_fields, options_fields, revealed_credential_fields,
};
use napi::bindgen_prelude::{Error, FromNapiValue, Result, ToNapiValue, sys};
use napi_derive::napi;

/// Declares an object that Rust creates and JavaScript reads.
macro_rules! to_js {
    (
        $(#[$attribute:meta])* $name:ident from $source:ty {
            required { $($(#[$doc:meta])* $field:ident: $type:ident,)* }
            optional { $($(#[$optional_doc:meta])* $optional:ident: $optional_type:ident,)* }
        }
    ) => {
        $(#[$attribute])*
        #[napi(object, object_from_js = false)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
            $($(#[$optional_doc])* pub $optional: Option<$optional_type>,)*
        }

        impl From<$source> for $name {
            fn from(source: $source) -> Self {
                Self {
                    $($field: source.$field.into(),)*
                    $($optional: source.$optional.map(Into::into),)*
                }
            }
        }
    };
}

/// Declares an array that Rust creates and JavaScript reads: the fields in the order of the table. In
/// an object, V8 would look up the name of each field.
macro_rules! to_array {
    (
        $name:ident {
            required { $($(#[$doc:meta])* $field:ident: $type:ident,)* }
            optional {}
        }
    ) => {
        pub struct $name(bridge::$name);

        impl From<bridge::$name> for $name {
            fn from(source: bridge::$name) -> Self {
                Self(source)
            }
        }

        impl ToNapiValue for $name {
            unsafe fn to_napi_value(env: sys::napi_env, Self(source): Self) -> Result<sys::napi_value> {
                let fields = ($($type::from(source.$field),)*);
                // SAFETY: as the caller promises.
                unsafe { ToNapiValue::to_napi_value(env, fields) }
            }
        }
    };
}

/// Declares an object that JavaScript creates and Rust reads.
macro_rules! from_js {
    (
        $(#[$attribute:meta])* $name:ident into $target:ident {
            required { $($(#[$doc:meta])* $field:ident: $type:ident,)* }
            optional { $($(#[$optional_doc:meta])* $optional:ident: $optional_type:ident,)* }
        }
    ) => {
        $(#[$attribute])*
        #[napi(object, object_to_js = false)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
            $($(#[$optional_doc])* pub $optional: Option<$optional_type>,)*
        }

        impl From<$name> for bridge::$target {
            fn from(source: $name) -> Self {
                Self {
                    $($field: source.$field.into(),)*
                    $($optional: source.$optional.map(Into::into),)*
                }
            }
        }
    };
}

options_fields!(from_js! {
    /// The options of a client.
    Options into Options
});

revealed_credential_fields!(from_js! {
    /// What a program stores of a credential.
    RevealedCredential into RevealedCredential
});

credential_fields!(to_array! { Credential });
mqtt_login_fields!(to_array! { MqttLogin });

error_fields!(to_js! {
    /// Why a call failed or an option was refused.
    ErrorInfo from bridge::ErrorInfo
});

impl From<Box<bridge::ErrorInfo>> for ErrorInfo {
    fn from(error: Box<bridge::ErrorInfo>) -> Self {
        (*error).into()
    }
}

/// Declares a type for one of the bridge that napi converts from a type of JavaScript.
macro_rules! value_from_js {
    ($name:ident from $js:ty, $convert:expr) => {
        pub struct $name(bridge::$name);

        impl FromNapiValue for $name {
            unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
                // SAFETY: as the caller promises.
                unsafe { <$js>::from_napi_value(env, value) }.map($convert).map(Self)
            }
        }

        impl From<$name> for bridge::$name {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

value_from_js!(Milliseconds from f64, Into::into);
value_from_js!(Count from f64, Into::into);
value_from_js!(Pem from String, String::into_bytes);
value_from_js!(Secret from String, bridge::Secret::new);

impl From<bridge::Secret> for Secret {
    fn from(secret: bridge::Secret) -> Self {
        Self(secret)
    }
}

/// Only the copy of this crate is wiped; JavaScript's cannot be.
impl ToNapiValue for Secret {
    unsafe fn to_napi_value(env: sys::napi_env, secret: Self) -> Result<sys::napi_value> {
        // SAFETY: as the caller promises, and the text lives until it is copied.
        unsafe { <&str>::to_napi_value(env, secret.0.reveal()) }
    }
}

/// An operation, by its name. The facade passes no other.
pub struct Operation(bridge::Operation);

impl FromNapiValue for Operation {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: as the caller promises.
        let name = unsafe { String::from_napi_value(env, value) }?;
        let operation = name.parse().map_err(|refusal: Box<bridge::ErrorInfo>| Error::from_reason(refusal.text))?;
        Ok(Self(operation))
    }
}

impl From<Operation> for bridge::Operation {
    fn from(operation: Operation) -> Self {
        operation.0
    }
}

/// The kind of an error, by its name.
pub struct ErrorKind(bridge::ErrorKind);

impl From<bridge::ErrorKind> for ErrorKind {
    fn from(kind: bridge::ErrorKind) -> Self {
        Self(kind)
    }
}

impl ToNapiValue for ErrorKind {
    unsafe fn to_napi_value(env: sys::napi_env, kind: Self) -> Result<sys::napi_value> {
        // SAFETY: as the caller promises.
        unsafe { <&str>::to_napi_value(env, kind.0.name()) }
    }
}
