// In an app: asks your own server for the login of one device. There is no AccessKey in the app, and no Devcred: the server
// knows by the token whose app this is, and which device belongs to them, and calls devcred.
//
// The first argument is the server's URL; APP_TOKEN is the token that the server gave when the user signed in. examples/python
// and examples/node have such a server.
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What the device sends in CONNECT. It holds until the device is registered anew: keep it in the keychain.
struct Login: Decodable, CustomStringConvertible {
    let clientId: String
    let username: String
    let password: String

    var description: String { "Login(\(clientId), \(username), <hidden>)" }
}

/// The answer of a server that gives no login.
struct Refusal: Error, CustomStringConvertible {
    let status: Int

    var description: String { "the server answers with status \(status)" }
}

/// Asks again where the broker refuses the login, but not at every start: each answer is billed.
func fetchLogin(from server: URL, token: String) async throws -> Login {
    var request = URLRequest(url: server.appendingPathComponent("mqtt-login"), timeoutInterval: 20)
    request.httpMethod = "POST"
    request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
    let (body, response) = try await URLSession.shared.data(for: request)
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    guard status == 200 else { throw Refusal(status: status) }
    return try JSONDecoder().decode(Login.self, from: body)
}

guard
    let server = CommandLine.arguments.dropFirst().first.flatMap(URL.init(string:)),
    let token = ProcessInfo.processInfo.environment["APP_TOKEN"]
else { fail("usage: APP_TOKEN=TOKEN login URL") }
do {
    let login = try await fetchLogin(from: server, token: token)
    print(login.username)  // login.password goes into CONNECT
} catch {
    fail("\(error)")
}

func fail(_ why: String) -> Never {
    FileHandle.standardError.write(Data("\(why)\n".utf8))
    exit(1)
}
