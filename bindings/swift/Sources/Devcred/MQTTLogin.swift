/// The three fields of CONNECT that authenticate a device. Descriptions, `dump` and mirrors hide
/// the password.
///
/// It is not `Encodable`, so that neither a placeholder nor a password is encoded by accident;
/// encode the result of ``reveal()``:
///
/// ```swift
/// let body = try JSONEncoder().encode(credential.mqttLogin.reveal())
/// ```
public struct MQTTLogin: Hashable, Sendable {
    /// CONNECT's client identifier.
    public let clientID: String
    /// CONNECT's user name.
    public let username: String
    /// CONNECT's password, in plain text.
    public let password: String

    /// Creates a login, for example in a test: ``DeviceCredential/mqttLogin`` is the real one.
    public init(clientID: String, username: String, password: String) {
        self.clientID = clientID
        self.username = username
        self.password = password
    }

    /// Returns the login with its readable password. Send it to the device and nowhere else.
    public func reveal() -> Revealed {
        Revealed(clientID: clientID, username: username, password: password)
    }

    /// A login that is encoded with its password, as `{"clientId": …, "username": …, "password":
    /// …}`. Its descriptions still hide the password.
    public struct Revealed: Hashable, Sendable, Encodable {
        /// CONNECT's client identifier.
        public let clientID: String
        /// CONNECT's user name.
        public let username: String
        /// CONNECT's password, in plain text.
        public let password: String

        private enum CodingKeys: String, CodingKey {
            case clientID = "clientId"
            case username, password
        }
    }
}

extension MQTTLogin: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The login without its password.
    public var description: String {
        "MQTTLogin(clientID: \(clientID), username: \(username), password: <hidden: use reveal()>)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The same for `dump` and debuggers.
    public var customMirror: Mirror {
        Mirror(self, children: ["clientID": clientID, "username": username], displayStyle: .struct)
    }
}

extension MQTTLogin.Revealed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The login without its password.
    public var description: String { "MQTTLogin.Revealed(clientID: \(clientID), username: \(username))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The same for `dump` and debuggers.
    public var customMirror: Mirror {
        Mirror(self, children: ["clientID": clientID, "username": username], displayStyle: .struct)
    }
}
