import Foundation

/// The credential of one device.
///
/// It stays valid until it is refreshed or unregistered, so fetch it once per device and store it. Descriptions, `dump` and
/// mirrors hide the secret.
public struct DeviceCredential: Hashable, Sendable {
    /// The device's client id, `GROUP@@@DEVICE`: the one that was asked for.
    public let clientID: String
    /// The instance that the device connects to: the one that was asked for.
    public let instanceID: String
    /// The id of the device's own AccessKey.
    public let deviceAccessKeyID: String
    /// The secret of the device's own AccessKey, with which it computes its MQTT passwords.
    public let deviceAccessKeySecret: String
    /// When the credential was applied for, to the millisecond.
    public let createTime: Date
    /// When the credential was last changed, to the millisecond: by a refresh, or by registering the device again.
    public let updateTime: Date
    /// The service's id of the request that fetched it; empty where the service gave none.
    public let requestID: String
    /// What the device sends in CONNECT. It holds as long as the credential does: hand it, and not the secret, to a device or
    /// an app that need not compute it.
    public let mqttLogin: MQTTLogin
    let text: String
}

extension DeviceCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The credential without its secret.
    public var description: String { text }

    /// The same as ``description``.
    public var debugDescription: String { text }

    /// The same for `dump` and debuggers.
    public var customMirror: Mirror {
        let children: KeyValuePairs<String, Any> = [
            "clientID": clientID, "instanceID": instanceID, "deviceAccessKeyID": deviceAccessKeyID,
            "createTime": createTime, "updateTime": updateTime, "requestID": requestID, "mqttLogin": mqttLogin,
        ]
        return Mirror(self, children: children, displayStyle: .struct)
    }
}
