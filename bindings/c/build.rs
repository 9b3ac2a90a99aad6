//! Sets the soname of the shared library, which rustc does not. Its number is
//! `DEVCRED_ABI_VERSION`.

#[allow(clippy::print_stdout, reason = "a build script passes options to cargo on stdout")]
fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libdevcred.so.1");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
