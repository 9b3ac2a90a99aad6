//! The native library of devcred for Kotlin and Java. It is private to the facade in
//! `bindings/kotlin`, whose package `io.devcred.internal` declares the functions that are exported
//! here.
//!
//! JNI crosses as few and as simple values as possible:
//!
//! - a record is an `Object[]` with its fields in the order of the bridge's table;
//! - a text is a `byte[]` in UTF-8, because JNI's own strings are in modified UTF-8;
//! - a number or boolean is a `long[1]`, which needs no class to be looked up;
//! - a credential is one text, with each of its fields on a line, because it crosses in every call;
//! - an outcome is that of a credential, an error's `Object[]`, or null if the call was cancelled;
//! - an optional field that is not set is null.
//!
//! No panic leaves this crate. An exception that Java throws here, such as `OutOfMemoryError`,
//! stays pending until the function returns, and Java throws it.

mod client;
mod completion;
mod data;
mod exports;
mod jni;
mod vm;
