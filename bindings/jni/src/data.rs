//! The plain data of the bridge, as objects of Java.
//!
//! The tables of the bridge list the fields. The classes of the facade list them in the same order.

use devcred_bridge::{
    Count, Credential, ErrorInfo, ErrorKind, Milliseconds, MqttLogin, Operation, Options, Outcome, Pem, Request,
    RevealedCredential, Secret, error_fields, options_fields, request_fields, revealed_credential_fields,
};
use jni_sys::jsize;

use crate::jni::{Env, Object, Thrown};

/// A value that Java receives.
pub(crate) trait ToJava {
    fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown>;
}

/// A value that Java passes.
pub(crate) trait FromJava: Sized {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown>;
}

macro_rules! to_java {
    (
        $name:ident {
            required { $($(#[$doc:meta])* $field:ident: $type:ident,)* }
            optional { $($(#[$optional_doc:meta])* $optional:ident: $optional_type:ident,)* }
        }
    ) => {
        impl ToJava for $name {
            fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown> {
                let fields: &[&dyn ToJava] = &[$(&self.$field,)* $(&self.$optional,)*];
                env.array(fields.iter().map(|field| field.to_java(env)))
            }
        }
    };
}

macro_rules! from_java {
    (
        $name:ident {
            required { $($(#[$doc:meta])* $field:ident: $type:ident,)* }
            optional { $($(#[$optional_doc:meta])* $optional:ident: $optional_type:ident,)* }
        }
    ) => {
        impl FromJava for $name {
            fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
                let mut fields = Fields { env, object, next: 0 };
                Ok(Self { $($field: fields.read()?,)* $($optional: fields.read()?,)* })
            }
        }
    };
}

error_fields!(to_java! { ErrorInfo });
options_fields!(from_java! { Options });
request_fields!(from_java! { Request });
revealed_credential_fields!(from_java! { RevealedCredential });

impl ToJava for Outcome {
    fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown> {
        match self {
            Self::Credential(credential) => credential.to_java(env),
            Self::Error(error) => error.to_java(env),
            Self::Cancelled => Ok(Object::NULL),
        }
    }
}

/// The core refuses control characters in every text of a credential.
impl ToJava for Credential {
    fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown> {
        let Self { client_id, instance_id, device_access_key_id, device_access_key_secret, request_id, .. } = self;
        let MqttLogin { username, password, .. } = &self.mqtt_login;
        let lines = [
            client_id,
            instance_id,
            device_access_key_id,
            device_access_key_secret.reveal(),
            &self.create_time_ms.to_string(),
            &self.update_time_ms.to_string(),
            request_id,
            username,
            password.reveal(),
        ];
        Secret::new(lines.join("\n")).to_java(env)
    }
}

/// Reads the fields of a record, one after the other.
struct Fields<'frame> {
    env: Env<'frame>,
    object: Object<'frame>,
    next: jsize,
}

impl Fields<'_> {
    fn read<T: FromJava>(&mut self) -> Result<T, Thrown> {
        let element = self.env.element(self.object, self.next)?;
        self.next += 1;
        let value = T::from_java(self.env, element);
        self.env.delete(element);
        value
    }
}

impl<T: ToJava> ToJava for Option<T> {
    fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown> {
        self.as_ref().map_or(Ok(Object::NULL), |value| value.to_java(env))
    }
}

impl<T: FromJava> FromJava for Option<T> {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        if object.is_null() { Ok(None) } else { T::from_java(env, object).map(Some) }
    }
}

impl ToJava for str {
    fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown> {
        env.bytes(self.as_bytes())
    }
}

impl ToJava for String {
    fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown> {
        self.as_str().to_java(env)
    }
}

/// Only the copy of Rust is wiped; Java's cannot be.
impl ToJava for Secret {
    fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown> {
        self.reveal().to_java(env)
    }
}

impl ToJava for ErrorKind {
    fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown> {
        self.name().to_java(env)
    }
}

macro_rules! number_to_java {
    ($($type:ty)*) => {
        $(impl ToJava for $type {
            fn to_java<'frame>(&self, env: Env<'frame>) -> Result<Object<'frame>, Thrown> {
                env.number((*self).into())
            }
        })*
    };
}

number_to_java!(bool i64 u16 u32);

/// The facade passes valid UTF-8 only.
impl FromJava for String {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        let text = Self::from_utf8(env.read_bytes(object));
        Ok(text.unwrap_or_else(|invalid| Self::from_utf8_lossy(invalid.as_bytes()).into_owned()))
    }
}

impl FromJava for Secret {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        String::from_java(env, object).map(Self::new)
    }
}

impl FromJava for Pem {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        Ok(env.read_bytes(object))
    }
}

impl FromJava for bool {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        Ok(env.read_number(object) != 0)
    }
}

impl FromJava for i64 {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        Ok(env.read_number(object))
    }
}

impl FromJava for Milliseconds {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        Ok(env.read_number(object).into())
    }
}

impl FromJava for Count {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        Ok(env.read_number(object).into())
    }
}

/// An operation, by its name. The facade passes no other.
impl FromJava for Operation {
    fn from_java(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        let name = String::from_java(env, object)?;
        name.parse().map_err(|_| env.throw_illegal_argument(c"this is not an operation of devcred"))
    }
}
