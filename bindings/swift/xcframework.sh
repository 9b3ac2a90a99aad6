#!/bin/sh
# Builds the Swift package for macOS and iOS on a Mac: target/swift/devcred, with the library as an
# XCFramework. Needs Xcode and rustup. Untested: the project's tests do not run on a Mac.
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

# An XCFramework contains one library per platform, for all its architectures.
join_architectures() {
    name=$1
    shift
    libraries=""
    for target in "$@"; do libraries="$libraries target/$target/release/libdevcred_uniffi.a"; done
    mkdir -p "target/swift/universal/$name"
    # shellcheck disable=SC2086
    lipo -create $libraries -output "target/swift/universal/$name/libdevcred_uniffi.a"
    echo "target/swift/universal/$name/libdevcred_uniffi.a"
}

# A release build is stripped of uniffi's metadata, so generate the code from a debug build.
cargo build --locked -p devcred-uniffi
generated=target/uniffi/swift
rm -rf "$generated" "$package"
cargo run --locked --quiet -p devcred-uniffi-bindgen -- target/debug/libdevcred_uniffi.dylib "$generated"

mkdir -p "$package/Sources/DevcredNative" "$package/docs" target/swift/headers/DevcredFFI
cp bindings/swift/Package.swift bindings/swift/README.md LICENSE "$package"
cp docs/reference.md "$package/docs"
cp -R bindings/swift/Sources/Devcred "$package/Sources/Devcred"
cp "$generated/DevcredNative.swift" "$package/Sources/DevcredNative"
# In a subfolder, because Xcode copies the headers of all XCFrameworks into one folder.
cp "$generated/DevcredFFI.h" target/swift/headers/DevcredFFI/DevcredFFI.h
cp "$generated/DevcredFFI.modulemap" target/swift/headers/DevcredFFI/module.modulemap

# shellcheck disable=SC2086
xcodebuild -create-xcframework \
    -library "$(join_architectures macos $macos)" -headers target/swift/headers \
    -library "$(join_architectures simulator $simulator)" -headers target/swift/headers \
    -library "$(join_architectures device $device)" -headers target/swift/headers \
    -output "$package/DevcredFFI.xcframework"
echo "$package"
