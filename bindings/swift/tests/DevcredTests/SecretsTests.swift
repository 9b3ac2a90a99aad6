import Devcred
import Foundation
import Testing

@Suite struct SecretsTests {
    @Test func noDefaultDescriptionContainsASecret() async throws {
        let key = AccessKey(id: "LTAI-visible", secret: "s3cr3t-key", securityToken: "s3cr3t-token")
        let options = Client.Options(accessKey: key, proxy: "http://user:s3cr3t-proxy@127.0.0.1:1")
        let credential = try await client().deviceCredential(clientID: "GID_secrets@@@x")
        let login = credential.mqttLogin
        let secrets = [
            "s3cr3t", credential.deviceAccessKeySecret, login.password, Data(credential.deviceAccessKeySecret.utf8).base64EncodedString(),
        ]
        for value in [key, options, credential, login, login.reveal(), credential.reveal(), try client()] as [any Sendable] {
            for text in descriptions(value) {
                #expect(!secrets.contains { text.contains($0) }, "\(type(of: value))")
            }
        }
        #expect("\(key)".contains("LTAI-visible") && "\(credential)".contains(credential.deviceAccessKeyID))
        #expect("\(login)".contains("<hidden: use reveal()>"))
    }

    @Test func onlyARevealedLoginIsEncodable() async throws {
        let credential = try await client().deviceCredential(clientID: "GID_encoded@@@x")
        let login = credential.mqttLogin
        #expect(!(login as Any is any Encodable) && !(credential as Any is any Encodable))
        #expect(!(AccessKey(id: "id", secret: "secret") as Any is any Encodable))
        let json = try JSONDecoder().decode([String: String].self, from: JSONEncoder().encode(login.reveal()))
        #expect(json == ["clientId": login.clientID, "username": login.username, "password": login.password])
    }

    @Test func aStoredCredentialLogsInWithoutARequest() async throws {
        let credential = try await client().deviceCredential(clientID: "GID_stored@@@x")
        let stored = try JSONEncoder().encode(credential.reveal())
        let restored = try DeviceCredential(JSONDecoder().decode(DeviceCredential.Revealed.self, from: stored))
        #expect(restored == credential && restored.mqttLogin == credential.mqttLogin)
        #expect(restored.reveal() == credential.reveal())
    }

    @Test func whatCannotBeACredentialIsRefused() throws {
        var revealed = DeviceCredential.Revealed(
            clientID: "GID_a@@@b", instanceID: "post-cn-test", deviceAccessKeyID: "DC.id",
            deviceAccessKeySecret: "a-s3cr3t", createTimeMs: 1, updateTimeMs: 2)
        #expect(try DeviceCredential(revealed).mqttLogin.username == "DeviceCredential|DC.id|post-cn-test")
        revealed.deviceAccessKeySecret = "<hidden: use reveal()>"
        do throws(DevcredError) {
            _ = try DeviceCredential(revealed)
            Issue.record("it was restored")
        } catch {
            #expect(error.kind == .invalidParameter)
        }
    }

    @Test func testsCanCreateErrorsAndLogins() {
        let error = DevcredError(kind: .notFound, message: "no device", code: "Code", requestID: "id", advice: "Register it.")
        #expect("\(error)" == "NotFound: no device (Code, request id id)\nRegister it.")
        #expect(MQTTLogin(clientID: "a", username: "b", password: "c").reveal().password == "c")
    }

    @Test func credentialsAreEqualIfOnlyTheirRequestsDiffer() async throws {
        let client = try client()
        let first = try await client.deviceCredential(clientID: "GID_equal@@@x")
        let second = try await client.deviceCredential(clientID: "GID_equal@@@x")
        #expect(first.mqttLogin == second.mqttLogin && first.mqttLogin.hashValue == second.mqttLogin.hashValue)
        #expect(first.requestID != second.requestID)
        #expect(first == second && first.hashValue == second.hashValue)
    }
}

/// Returns every default description of a value, including those inside another value.
private func descriptions(_ value: any Sendable) -> [String] {
    var dumped = ""
    dump(value, to: &dumped)
    let children = Mirror(reflecting: value).children.map { "\($0.label ?? ""): \($0.value) \(String(reflecting: $0.value))" }
    return ["\(value)", String(reflecting: value), "\([value])", "\(["key": value])", dumped] + children
}
