// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "devcred-examples",
    platforms: [.macOS(.v13)],
    // The folder in which `cargo xtask build swift` assembles the package. In your program it is
    // the folder of the unpacked archive.
    dependencies: [.package(path: "../../target/swift/devcred")],
    targets: [
        .executableTarget(name: "get", dependencies: [.product(name: "Devcred", package: "devcred")]),
        .executableTarget(name: "login"),
        .testTarget(name: "ExampleTests", dependencies: ["get", "login", .product(name: "Devcred", package: "devcred")]),
    ],
    swiftLanguageModes: [.v6]
)
