// swift-tools-version: 6.0
import PackageDescription

// The tests and benchmarks of Devcred. The dependency is a folder that `cargo xtask build swift`
// assembles: the package of a user, or one with the debug build of the library, which can panic.
let folder = Context.environment["DEVCRED_SWIFT_PACKAGE"] ?? "../../../target/swift/devcred"
let devcred: [Target.Dependency] = [.product(name: "Devcred", package: "devcred")]

let package = Package(
    name: "devcred-tests",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: folder)],
    targets: [
        .executableTarget(name: "probe", dependencies: devcred, path: "probe"),
        .executableTarget(name: "bench", dependencies: devcred, path: "bench"),
        .executableTarget(name: "cold", dependencies: devcred, path: "cold"),
        .executableTarget(name: "bare", path: "bare"),
        .testTarget(name: "DevcredTests", dependencies: devcred, path: "DevcredTests"),
    ],
    swiftLanguageModes: [.v6]
)
