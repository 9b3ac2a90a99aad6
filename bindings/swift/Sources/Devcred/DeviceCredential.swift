import Foundation

/// The credential of one device.
///
/// It stays valid until it is refreshed or unregistered, so fetch it once per device and store it.
/// Descriptions, `dump` and mirrors hide the secret.
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
