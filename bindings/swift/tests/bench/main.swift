// The Swift program of `cargo xtask bench`.
// `bench ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID CLIENT_ID` reads lines
// `CALLS AT_ONCE` and prints `CPU WALL`, both in nanoseconds, for each. `bench --version` prints the
// version.
import Devcred
import Foundation

let arguments = CommandLine.arguments
if arguments[1] == "--version" {
    print("devcred \(Client.version), Swift 6")
    exit(0)
}
let client = try Client(
    .init(
        accessKey: AccessKey(id: arguments[2], secret: arguments[3]), endpoint: arguments[1], instanceID: arguments[4],
        maxRequestsPerSecond: 1_000_000))
let clientID = arguments[5]

func run(_ calls: Int, inEachOf tasks: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks {
            group.addTask {
                for _ in 0..<calls { _ = try await client.deviceCredential(clientID: clientID) }
            }
        }
        try await group.waitForAll()
    }
}

func now(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

while let line = readLine() {
    let numbers = line.split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 2 else { break }
    // Opens connections and fills caches.
    try await run(20, inEachOf: numbers[1])
    let (cpu, wall) = (now(CLOCK_PROCESS_CPUTIME_ID), now(CLOCK_MONOTONIC))
    try await run(numbers[0] / numbers[1], inEachOf: numbers[1])
    let elapsed = "\(now(CLOCK_PROCESS_CPUTIME_ID) - cpu) \(now(CLOCK_MONOTONIC) - wall)\n"
    FileHandle.standardOutput.write(Data(elapsed.utf8))
}
