extension Client {
    /// The options of a client. `nil` means the default.
    ///
    /// ```swift
    /// let key = AccessKey(id: id, secret: secret)
    /// let client = try Client(.init(accessKey: key, region: "cn-hangzhou", timeout: .seconds(5)))
    /// ```
    ///
    /// Strings are sent unchanged or refused, also if they contain a NUL.
    public struct Options: Sendable {
        /// The AccessKey that signs the requests. Required.
        public var accessKey: AccessKey?
        /// The instance's region, such as `cn-hangzhou`. Required unless ``endpoint`` is set.
        public var region: String?
        /// The network on which the service is reached. Default: ``Client/Network/public``.
        public var network: Network?
        /// `https://host[:port]`; `http` for loopback only, because the response contains a secret.
        /// Overrides ``region`` and ``network``. Default: the endpoint of the region.
        public var endpoint: String?
        /// The instance, unless a call sets another.
        public var instanceID: String?
        /// The signature method. Default: ``Client/Signature/acs3HMACSHA256``.
        public var signature: Signature?
        /// The timeout of a call, with the rate limiter and all retries: 1 millisecond to 24 hours.
        /// Default: 15 seconds.
        public var timeout: Duration?
        /// The timeout of one attempt, measured from when the rate limiter admits it: 1 millisecond
        /// to 24 hours. Default: 5 seconds.
        public var attemptTimeout: Duration?
        /// The timeout to connect, which includes DNS, TCP, the proxy and TLS: 1 millisecond to 24
        /// hours. Default: 3 seconds.
        public var connectTimeout: Duration?
        /// The maximum number of attempts, the first included: at least 1. Default: 3.
        public var maxAttempts: Int?
        /// The maximum number of connections that are open at a time: 1 to 10,000. A call that
        /// finds all of them in use waits for one, within its timeout. Default: 100.
        public var maxConnections: Int?
        /// How many of these connections are opened at a time: 1 to 10,000. Default: 16.
        public var maxConnecting: Int?
        /// The maximum number of requests per second, retries included: 1 to 1,000,000. A burst of
        /// a tenth of it, at least 10, is sent without delay. Default: 50.
        ///
        /// The service allows 500 requests a second per account and blocks a source address that
        /// sends more than 300. If a process is the only one behind its address, use at most 200.
        public var maxRequestsPerSecond: Int?
        /// Certificate authorities in PEM, in addition to those in use: the bundled ones or, if
        /// `SSL_CERT_FILE` is set when the client is created, those in that file.
        public var rootCertificatesPEM: String?
        /// The proxy, `http[s]://[user:password@]host[:port]` or `host:port`, or `off` for
        /// none. Default: the value of `HTTPS_PROXY`, unless `NO_PROXY` matches the host. Loopback is
        /// never reached through a proxy.
        public var proxy: String?
        /// Receives the log events of the client. Default: none.
        public var log: Log?

        /// Creates options; all others have their defaults.
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
            maxConnections: Int? = nil,
            maxConnecting: Int? = nil,
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
            self.maxConnections = maxConnections
            self.maxConnecting = maxConnecting
            self.maxRequestsPerSecond = maxRequestsPerSecond
            self.rootCertificatesPEM = rootCertificatesPEM
            self.proxy = proxy
            self.log = log
        }
    }

    /// The network on which the service is reached.
    public enum Network: String, CaseIterable, Sendable {
        /// The public internet.
        case `public`
        /// A virtual private cloud of the region.
        case vpc
    }

    /// The signature method.
    public enum Signature: String, CaseIterable, Sendable {
        /// ACS3-HMAC-SHA256, which the documents call V3. With a security token, use this one.
        case acs3HMACSHA256 = "acs3-hmac-sha256"
        /// HMAC-SHA1 of RPC APIs, which the documents call V2.
        case hmacSHA1 = "hmac-sha1"
    }
}

extension Client.Options: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names of the options that are set, without their values, which may contain secrets.
    public var description: String { "Client.Options(\(namesOfSetOptions.joined(separator: ", ")))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The same for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: namesOfSetOptions.map { ($0, "<set>") }, displayStyle: .struct) }

    private var namesOfSetOptions: [String] {
        let all: [(String, Bool)] = [
            ("accessKey", accessKey != nil), ("region", region != nil), ("network", network != nil),
            ("endpoint", endpoint != nil), ("instanceID", instanceID != nil), ("signature", signature != nil),
            ("timeout", timeout != nil), ("attemptTimeout", attemptTimeout != nil),
            ("connectTimeout", connectTimeout != nil), ("maxAttempts", maxAttempts != nil),
            ("maxConnections", maxConnections != nil), ("maxConnecting", maxConnecting != nil),
            ("maxRequestsPerSecond", maxRequestsPerSecond != nil),
            ("rootCertificatesPEM", rootCertificatesPEM != nil), ("proxy", proxy != nil), ("log", log != nil),
        ]
        return all.filter(\.1).map(\.0)
    }
}
