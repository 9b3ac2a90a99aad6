//! The target `probe_line` as a program: libFuzzer's, or in any other build one that takes the files it is given.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| devcred_fuzz::probe_line(data));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    devcred_fuzz::replay(devcred_fuzz::probe_line)
}
