// On a server: fetches the credential of one device and prints the user name that the device connects with.
//
// The AccessKey, the region and the instance come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
// ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_REGION_ID, DEVCRED_INSTANCE_ID.
import Devcred
import Foundation

let clientID = CommandLine.arguments.dropFirst().first ?? ""
do {
    let client = try Client.fromEnvironment()
    let credential = try await client.deviceCredential(clientID: clientID)
    print(credential.mqttLogin.username)  // .password goes into CONNECT
} catch let error as DevcredError where error.kind == .notFound {
    fail("register the device first")
} catch {
    fail("\(error)")
}

func fail(_ why: String) -> Never {
    FileHandle.standardError.write(Data("\(why)\n".utf8))
    exit(1)
}
