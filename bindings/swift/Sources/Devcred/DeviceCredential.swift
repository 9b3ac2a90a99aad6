import Foundation

/// The credential of one device.
///
/// It stays valid until it is refreshed or unregistered, so fetch it once per device and store it:
///
/// ```swift
/// let stored = try JSONEncoder().encode(credential.reveal())
/// let restored = try DeviceCredential(JSONDecoder().decode(DeviceCredential.Revealed.self, from: stored))
/// ```
///
/// Two credentials are equal if they differ only in ``requestID``. Descriptions, `dump` and mirrors
/// hide the secret.
public struct DeviceCredential: Hashable, Sendable {
    /// The device's client id, `GROUP@@@DEVICE`, as requested.
    public let clientID: String
    /// The instance that the device connects to, as requested.
    public let instanceID: String
    /// The id of the device's AccessKey.
    public let deviceAccessKeyID: String
    /// The secret of the device's AccessKey, which signs its MQTT passwords.
    public let deviceAccessKeySecret: String
    /// When the credential was created, in milliseconds.
    public let createTime: Date
    /// When the credential was last changed, in milliseconds: by a refresh, or by registering the
    /// device again.
    public let updateTime: Date
    /// The service's id of the request; empty if the service sent none.
    public let requestID: String
    /// What the device sends in CONNECT. It is valid as long as the credential. Give a device or an
    /// app this instead of the secret, if it need not compute the password itself.
    public let mqttLogin: MQTTLogin
}

extension DeviceCredential {
    /// Compares everything but ``requestID``, which differs each time that the same credential is
    /// fetched.
    public static func == (one: Self, other: Self) -> Bool { one.compared == other.compared }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(compared) }

    private var compared: Revealed {
        var revealed = reveal()
        revealed.requestID = ""
        return revealed
    }

    /// Creates a credential from what ``reveal()`` returned, without a request: its ``mqttLogin``
    /// works offline. Tests can create any credential by it.
    ///
    /// - Throws: a ``DevcredError`` of the kind ``ErrorKind/invalidParameter`` if an id or the secret
    ///   is empty or contains control characters, if the credential was stored with its secret
    ///   hidden, or if a time is before 1970 or after 9999.
    public init(_ revealed: Revealed) throws(DevcredError) { try self.init(restoring: revealed) }

    /// Returns the credential with its readable secret, to be encoded and stored.
    public func reveal() -> Revealed {
        Revealed(
            clientID: clientID, instanceID: instanceID, deviceAccessKeyID: deviceAccessKeyID,
            deviceAccessKeySecret: deviceAccessKeySecret, createTimeMs: createTime.millisecondsSince1970,
            updateTimeMs: updateTime.millisecondsSince1970, requestID: requestID)
    }

    /// A credential that is encoded with its secret. Its descriptions still hide the secret.
    public struct Revealed: Hashable, Sendable, Codable {
        /// The device's client id, `GROUP@@@DEVICE`.
        public var clientID: String
        /// The instance that the device connects to.
        public var instanceID: String
        /// The id of the device's AccessKey.
        public var deviceAccessKeyID: String
        /// The secret of the device's AccessKey, in plain text.
        public var deviceAccessKeySecret: String
        /// When the credential was created, in milliseconds since 1970 UTC.
        public var createTimeMs: Int64
        /// When the credential was last changed, in milliseconds since 1970 UTC.
        public var updateTimeMs: Int64
        /// The service's id of the request that fetched it; may be empty.
        public var requestID: String

        /// Creates a value with these members. ``DeviceCredential/init(_:)`` checks them.
        public init(
            clientID: String, instanceID: String, deviceAccessKeyID: String, deviceAccessKeySecret: String,
            createTimeMs: Int64, updateTimeMs: Int64, requestID: String = ""
        ) {
            self.clientID = clientID
            self.instanceID = instanceID
            self.deviceAccessKeyID = deviceAccessKeyID
            self.deviceAccessKeySecret = deviceAccessKeySecret
            self.createTimeMs = createTimeMs
            self.updateTimeMs = updateTimeMs
            self.requestID = requestID
        }

        private enum CodingKeys: String, CodingKey {
            case clientID = "clientId"
            case instanceID = "instanceId"
            case deviceAccessKeyID = "deviceAccessKeyId"
            case deviceAccessKeySecret, createTimeMs, updateTimeMs
            case requestID = "requestId"
        }
    }
}

extension DeviceCredential.Revealed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The credential without its secret.
    public var description: String { "DeviceCredential.Revealed(clientID: \(clientID), instanceID: \(instanceID))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The same for `dump` and debuggers.
    public var customMirror: Mirror {
        Mirror(self, children: ["clientID": clientID, "instanceID": instanceID], displayStyle: .struct)
    }
}

extension DeviceCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The credential without its secret.
    public var description: String {
        "DeviceCredential(clientID: \(clientID), instanceID: \(instanceID), deviceAccessKeyID: \(deviceAccessKeyID), "
            + "deviceAccessKeySecret: <hidden: use reveal()>, createTime: \(createTime), updateTime: \(updateTime), requestID: \(requestID))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The same for `dump` and debuggers.
    public var customMirror: Mirror {
        let children: KeyValuePairs<String, Any> = [
            "clientID": clientID, "instanceID": instanceID, "deviceAccessKeyID": deviceAccessKeyID,
            "createTime": createTime, "updateTime": updateTime, "requestID": requestID, "mqttLogin": mqttLogin,
        ]
        return Mirror(self, children: children, displayStyle: .struct)
    }
}
