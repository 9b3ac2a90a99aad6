/// The AccessKey that signs requests: an id, its secret and, for temporary ones of STS, a security
/// token.
///
/// Each part is visible ASCII and not empty, which is checked when a ``Client`` gets the key.
public struct AccessKey: Hashable, Sendable {
    /// The id. It is not secret: every request contains it.
    public var id: String
    /// The secret.
    public var secret: String
    /// The token that STS issued with a temporary AccessKey.
    public var securityToken: String?

    /// Creates a permanent key, or a temporary one with its token.
    public init(id: String, secret: String, securityToken: String? = nil) {
        self.id = id
        self.secret = secret
        self.securityToken = securityToken
    }
}

extension AccessKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The id alone.
    public var description: String { "AccessKey(id: \(id))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The same for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: ["id": id], displayStyle: .struct) }
}
