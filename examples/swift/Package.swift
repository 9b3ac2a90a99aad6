// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "devcred-examples",
    platforms: [.macOS(.v13)],
    // Where `cargo xtask build swift` has put it; yours is where you have unpacked it.
    dependencies: [.package(path: "../../target/swift/devcred")],
    targets: [
        .executableTarget(name: "get", dependencies: [.product(name: "Devcred", package: "devcred")]),
        .executableTarget(name: "login"),
        .testTarget(name: "ExampleTests", dependencies: ["get", "login", .product(name: "Devcred", package: "devcred")]),
    ],
    swiftLanguageModes: [.v6]
)
