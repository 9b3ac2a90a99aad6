// swift-tools-version: 6.0
import PackageDescription

// Devcred is what people use. DevcredNative is generated, and DevcredFFI is the library that stands behind it; both are put
// here by `cargo xtask build swift`, on a Mac by `xcframework.sh`.
#if os(macOS)
let library = Target.binaryTarget(name: "DevcredFFI", path: "DevcredFFI.xcframework")
let linked: [LinkerSetting] = []
#else
let library = Target.systemLibrary(name: "DevcredFFI")
let linked: [LinkerSetting] = [
    .unsafeFlags(["-L\(Context.packageDirectory)/lib"]), .linkedLibrary("devcred_uniffi"),
]
#endif

let package = Package(
    name: "devcred",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [.library(name: "Devcred", targets: ["Devcred"])],
    targets: [
        .target(name: "Devcred", dependencies: ["DevcredNative"]),
        // The generator writes Swift 5.
        .target(
            name: "DevcredNative", dependencies: ["DevcredFFI"], swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: linked),
        library,
    ],
    swiftLanguageModes: [.v6]
)
