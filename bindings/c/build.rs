//! Gives the shared library its name for the linker: rustc sets none. The number is that of `DEVCRED_ABI_VERSION`.

#[allow(clippy::print_stdout, reason = "it is how a build script talks to cargo")]
fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libdevcred.so.1");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
