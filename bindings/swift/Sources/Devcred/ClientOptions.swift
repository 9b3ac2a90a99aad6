extension Client {
    /// The options of a client. What is `nil` is as its line says.
    ///
    /// ```swift
    /// let key = AccessKey(id: id, secret: secret)
    /// let client = try Client(.init(accessKey: key, region: "cn-hangzhou", timeout: .seconds(5)))
    /// ```
    ///
    /// A text reaches the service as it is or is refused, a NUL in it too: nothing is cut off. A `String` is always
    /// well-formed Unicode, so there is no other kind to refuse.
    public struct Options: Sendable {
        /// The AccessKey that signs the requests. Required.
        public var accessKey: AccessKey?
        /// The instance's region, such as `cn-hangzhou`. Required unless there is an ``endpoint``.
        public var region: String?
        /// The network by which the service is reached. Default: ``Client/Network/public``.
        public var network: Network?
        /// `https://host[:port]` in the place of the region's own; `http` for this machine only, since the answer holds a
        /// secret. It wins over ``region`` and ``network``.
        public var endpoint: String?
        /// The instance that calls ask for unless they name another.
        public var instanceID: String?
        /// How requests are signed. Default: ``Client/Signature/acs3HMACSHA256``.
        public var signature: Signature?
        /// How long a call may take in all, waits and retries included: 1 millisecond to 24 hours. Default: 15 seconds.
        public var timeout: Duration?
        /// How long one attempt may take, from the moment the pace lets it through: 1 millisecond to 24 hours.
        /// Default: 5 seconds.
        public var attemptTimeout: Duration?
        /// How long a connection may take, with name, TCP, proxy and TLS: 1 millisecond to 24 hours. Default: 3 seconds.
        public var connectTimeout: Duration?
        /// How many attempts a call may make, the first included: at least 1. Default: 3.
        public var maxAttempts: Int?
        /// How many requests a second the client sends at most, retries included: 1 to 1,000,000, after a burst of a tenth of
        /// it, at least 10. Default: 50.
        ///
        /// The service allows 500 a second for each account and blocks a source address that sends more than 300. A process
        /// alone behind its address may take 200.
        public var maxRequestsPerSecond: Int?
        /// Certificate authorities in PEM, added to those in use: the bundled ones, or those of the file that `SSL_CERT_FILE`
        /// names when the client is made.
        public var rootCertificatesPEM: String?
        /// The proxy on the way to the service, `http[s]://[user:password@]host[:port]`, or `off` for none. Default: the one
        /// of `HTTPS_PROXY`, unless `NO_PROXY` takes the host out. This machine is never reached through a proxy.
        public var proxy: String?
        /// Where the client's events go. Default: nowhere.
        public var log: Log?

        /// No option but those that are given.
        public init(
            accessKey: AccessKey? = nil,
            region: String? = nil,
            network: Network? = nil,
            endpoint: String? = nil,
            instanceID: String? = nil,
            signature: Signature? = nil,
            timeout: Duration? = nil,
            attemptTimeout: Duration? = nil,
            connectTimeout: Duration? = nil,
            maxAttempts: Int? = nil,
            maxRequestsPerSecond: Int? = nil,
            rootCertificatesPEM: String? = nil,
            proxy: String? = nil,
            log: Log? = nil
        ) {
            self.accessKey = accessKey
            self.region = region
            self.network = network
            self.endpoint = endpoint
            self.instanceID = instanceID
            self.signature = signature
            self.timeout = timeout
            self.attemptTimeout = attemptTimeout
            self.connectTimeout = connectTimeout
            self.maxAttempts = maxAttempts
            self.maxRequestsPerSecond = maxRequestsPerSecond
            self.rootCertificatesPEM = rootCertificatesPEM
            self.proxy = proxy
            self.log = log
        }
    }

    /// The network by which the service is reached.
    public enum Network: String, CaseIterable, Sendable {
        /// The internet.
        case `public`
        /// The vendor's own network, from a machine in the region.
        case vpc
    }

    /// How requests are signed.
    public enum Signature: String, CaseIterable, Sendable {
        /// ACS3-HMAC-SHA256, which documents call V3. With a security token, take this one.
        case acs3HMACSHA256 = "acs3-hmac-sha256"
        /// HMAC-SHA1 of RPC APIs, which documents call V2.
        case hmacSHA1 = "hmac-sha1"
    }
}

extension Client.Options: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names of the options that are set; a value may be a secret, or hold one.
    public var description: String { "Client.Options(\(given.joined(separator: ", ")))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The same for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: given.map { ($0, "<set>") }, displayStyle: .struct) }

    private var given: [String] {
        let all: [(String, Bool)] = [
            ("accessKey", accessKey != nil), ("region", region != nil), ("network", network != nil),
            ("endpoint", endpoint != nil), ("instanceID", instanceID != nil), ("signature", signature != nil),
            ("timeout", timeout != nil), ("attemptTimeout", attemptTimeout != nil),
            ("connectTimeout", connectTimeout != nil), ("maxAttempts", maxAttempts != nil),
            ("maxRequestsPerSecond", maxRequestsPerSecond != nil),
            ("rootCertificatesPEM", rootCertificatesPEM != nil), ("proxy", proxy != nil), ("log", log != nil),
        ]
        return all.filter(\.1).map(\.0)
    }
}
