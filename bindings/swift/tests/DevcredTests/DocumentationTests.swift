// The examples of the documentation, verbatim: a test of xtask compares them. A test whose name
// ends with Compiles checks mainly that the example compiles.
import Devcred
import Foundation
import Testing

@Suite struct DocumentationTests {
    @Test func aClientFromTheEnvironmentCompiles() async throws {
        let client = try Client.fromEnvironment()
        do {
            let credential = try await client.deviceCredential(clientID: "GID_test@@@test")
            print(credential.mqttLogin.username)  // .password goes into CONNECT
        } catch let error as DevcredError where error.kind == .notFound {
            print("register the device first")
        }
    }

    @Test func aClientWithOptionsCompiles() throws {
        let (id, secret) = ("LTAI-example", "s3cr3t")
        let key = AccessKey(id: id, secret: secret)
        let client = try Client(.init(accessKey: key, region: "cn-hangzhou", timeout: .seconds(5)))
        client.close()
    }

    @Test func replacingATemporaryKeyCompiles() throws {
        let client = try client()
        let key = (id: "STS.example", secret: "s3cr3t", token: "t0ken")
        try client.setAccessKey(AccessKey(id: key.id, secret: key.secret, securityToken: key.token))
    }

    @Test func aLogCompiles() throws {
        var options = Client.Options()
        options.log = Client.Log(from: .debug) { level, line in print(level, line) }
        _ = try Client.fromEnvironment(options)
    }

    @Test func aStoredCredentialIsRestored() async throws {
        let credential = try await client().deviceCredential(clientID: "GID_app@@@phone")
        let stored = try JSONEncoder().encode(credential.reveal())
        let restored = try DeviceCredential(JSONDecoder().decode(DeviceCredential.Revealed.self, from: stored))
        #expect(restored == credential)
    }

    @Test func aRevealedLoginIsEncodable() async throws {
        let credential = try await client().deviceCredential(clientID: "GID_app@@@phone")
        let body = try JSONEncoder().encode(credential.mqttLogin.reveal())
        #expect(!body.isEmpty)
    }
}
