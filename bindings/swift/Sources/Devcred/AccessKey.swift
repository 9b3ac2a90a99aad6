/// The AccessKey that signs requests: an id, its secret and, for temporary ones of STS, a security token.
///
/// Each part is visible ASCII and not empty, which is checked where the key is given to a ``Client``.
public struct AccessKey: Hashable, Sendable {
    /// The id. It is no secret: it stands in every request.
    public var id: String
    /// The secret.
    public var secret: String
    /// The token that STS gave out with a temporary AccessKey.
    public var securityToken: String?

    /// A permanent key; a temporary one with its token.
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
