// A program that makes one call. `cargo xtask bench` compares its time with that of `bare`.
import Devcred

let arguments = CommandLine.arguments
let client = try Client(
    .init(
        accessKey: AccessKey(id: arguments[2], secret: arguments[3]), endpoint: arguments[1], instanceID: arguments[4],
        maxRequestsPerSecond: 1_000_000))
_ = try await client.deviceCredential(clientID: arguments[5])
