// Fetches the credential of a device and prints the MQTT user name.
//
// The AccessKey, the region and the instance come from the environment, as docs/reference.md
// describes.
import Devcred
import Foundation

do {
    let clientID = CommandLine.arguments.dropFirst().first ?? ""
    let client = try Client.fromEnvironment()
    let credential = try await client.deviceCredential(clientID: clientID)
    let login = credential.mqttLogin
    print(login.username)  // login.password is the password for CONNECT
} catch let error as DevcredError where error.kind == .notFound {
    fail("register the device first")
} catch {
    fail("\(error)")
}

func fail(_ reason: String) -> Never {
    FileHandle.standardError.write(Data("\(reason)\n".utf8))
    exit(1)
}
