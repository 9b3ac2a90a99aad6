// Requests the MQTT login of one device from your own server, as an app does. The app contains
// neither an AccessKey nor devcred: the server knows from the token who the user is and which
// device belongs to the user, and calls devcred.
//
// The first argument is the server's URL. The variable APP_TOKEN is the token that the server
// issued when the user signed in. examples/python and examples/node contain such a server.
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What the device sends in CONNECT. It is valid until the credential is refreshed or unregistered,
/// so store it in the keychain.
struct Login: Decodable, CustomStringConvertible {
    let clientId: String
    let username: String
    let password: String

    var description: String { "Login(\(clientId), \(username), <hidden>)" }
}

/// The server refused to return a login.
struct LoginRefused: Error, CustomStringConvertible {
    let status: Int

    var description: String { "the server returned status \(status)" }
}

/// Requests the login. Call it once and store the result, because each success is billed. Call it
/// again only if the broker refuses the login.
func fetchLogin(from server: URL, token: String) async throws -> Login {
    var request = URLRequest(url: server.appendingPathComponent("mqtt-login"), timeoutInterval: 20)
    request.httpMethod = "POST"
    request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
    let (body, response) = try await URLSession.shared.data(for: request)
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    guard status == 200 else { throw LoginRefused(status: status) }
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

func fail(_ reason: String) -> Never {
    FileHandle.standardError.write(Data("\(reason)\n".utf8))
    exit(1)
}
