#!/bin/sh
# Puts the Swift package together on a Mac, for macOS and iOS: target/swift/devcred, with the library as an XCFramework.
# Needs Xcode and Rust by rustup. Untested: there is no Mac where this project's tests run.
set -eu
cd "$(dirname "$0")/../.."

package=target/swift/devcred
macos="aarch64-apple-darwin x86_64-apple-darwin"
simulator="aarch64-apple-ios-sim x86_64-apple-ios"
device="aarch64-apple-ios"

export MACOSX_DEPLOYMENT_TARGET=13.0 IPHONEOS_DEPLOYMENT_TARGET=16.0
for target in $macos $simulator $device; do
    rustup target add "$target"
    cargo rustc --locked --release -p devcred-uniffi --crate-type staticlib --target "$target"
done

# A library of one kind of system holds every processor of it.
joined() {
    name=$1
    shift
    libraries=""
    for target in "$@"; do libraries="$libraries target/$target/release/libdevcred_uniffi.a"; done
    mkdir -p "target/swift/joined/$name"
    # shellcheck disable=SC2086
    lipo -create $libraries -output "target/swift/joined/$name/libdevcred_uniffi.a"
    echo "target/swift/joined/$name/libdevcred_uniffi.a"
}

# What describes the library is stripped from a release build, so the code is generated from a debug build.
cargo build --locked -p devcred-uniffi
generated=target/uniffi/swift
rm -rf "$generated" "$package"
cargo run --locked --quiet -p devcred-uniffi-bindgen -- target/debug/libdevcred_uniffi.dylib swift "$generated"

mkdir -p "$package/Sources/DevcredNative" "$package/docs" target/swift/headers/DevcredFFI
cp bindings/swift/Package.swift bindings/swift/README.md LICENSE "$package"
cp docs/reference.md "$package/docs"
cp -R bindings/swift/Sources/Devcred "$package/Sources/Devcred"
cp "$generated/DevcredNative.swift" "$package/Sources/DevcredNative"
# In a folder of their own: every XCFramework of a program has its headers copied into one place.
cp "$generated/DevcredFFI.h" target/swift/headers/DevcredFFI/DevcredFFI.h
cp "$generated/DevcredFFI.modulemap" target/swift/headers/DevcredFFI/module.modulemap

# shellcheck disable=SC2086
xcodebuild -create-xcframework \
    -library "$(joined macos $macos)" -headers target/swift/headers \
    -library "$(joined simulator $simulator)" -headers target/swift/headers \
    -library "$(joined device $device)" -headers target/swift/headers \
    -output "$package/DevcredFFI.xcframework"
echo "$package"
