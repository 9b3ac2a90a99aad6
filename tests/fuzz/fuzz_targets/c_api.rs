//! The program of the target `c_api`: a libFuzzer binary, or, in any other build, one that replays
//! the files of its arguments.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| devcred_fuzz::c_api(data));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    devcred_fuzz::replay(devcred_fuzz::c_api)
}
