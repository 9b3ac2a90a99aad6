// swift-tools-version: 6.0
import PackageDescription

// Devcred is the public module. DevcredNative is generated code that calls the library, DevcredFFI.
// `cargo xtask build swift` (on a Mac, `xcframework.sh`) adds both to the package.
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
        // The generated code is Swift 5.
        .target(
            name: "DevcredNative", dependencies: ["DevcredFFI"], swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: linked),
        library,
    ],
    swiftLanguageModes: [.v6]
)
