internal import DevcredNative

/// Fetches the credentials of devices. Create one client and keep it: it has the connections and
/// the rate limiter. Any number of tasks may use it at once.
///
/// ```swift
/// let client = try Client.fromEnvironment()
/// do {
///     let credential = try await client.deviceCredential(clientID: "GID_test@@@test")
///     print(credential.mqttLogin.username)  // .password goes into CONNECT
/// } catch let error as DevcredError where error.kind == .notFound {
///     print("register the device first")
/// }
/// ```
///
/// If a client is deallocated, its running calls continue; ``close()`` ends them.
public final class Client: Sendable {
    private let native: NativeClient

    /// Checks the options and creates the client. Nothing is sent.
    ///
    /// - Throws: A ``DevcredError`` of kind ``ErrorKind/invalidParameter`` if an option is missing or invalid. Its
    ///   message names the option and never repeats its value.
    public convenience init(_ options: Options) throws(DevcredError) {
        try self.init(options, isFromEnvironment: false)
    }

    /// Creates a client from the environment. Explicit options take precedence.
    ///
    /// | variable | option |
    /// |---|---|
    /// | `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN` | ``Options/accessKey`` |
    /// | `ALIBABA_CLOUD_REGION_ID` | ``Options/region`` |
    /// | `DEVCRED_INSTANCE_ID` | ``Options/instanceID`` |
    /// | `DEVCRED_ENDPOINT` | ``Options/endpoint`` |
    /// | `DEVCRED_MAX_REQUESTS_PER_SECOND` | ``Options/maxRequestsPerSecond`` |
    ///
    /// An empty variable counts as unset.
    ///
    /// - Throws: A ``DevcredError`` of kind ``ErrorKind/invalidParameter`` if an option or variable is missing or
    ///   invalid.
    public static func fromEnvironment(_ options: Options = Options()) throws(DevcredError) -> Client {
        try Client(options, isFromEnvironment: true)
    }

    private init(_ options: Options, isFromEnvironment: Bool) throws(DevcredError) {
        let opened = DevcredNative.open(
            options: options.native(fromEnv: isFromEnvironment),
            logLevel: options.log?.level.rawValue ?? "", log: options.log.map(NativeLogAdapter.init))
        switch opened {
        case .client(let client): native = client
        case .refused(let error): throw DevcredError(error)
        }
    }

    /// Fetches the credential of a device. It stays valid until it is refreshed or unregistered:
    /// fetch it once per device and store it. Each success is billed.
    ///
    /// Cancelling the task cancels the call immediately and closes its connection. The call then
    /// throws `CancellationError`, as is usual in Swift, so this function's `throws` is not limited
    /// to ``DevcredError``. A request that was already sent may have been billed. A task that is
    /// already cancelled sends nothing.
    ///
    /// - Parameters:
    ///   - clientID: The device's client id, `GROUP@@@DEVICE`: at most 64 characters, no control characters.
    ///   - instanceID: The device's instance. Default: the client's.
    ///   - timeout: The timeout of this call, with the rate limiter and all retries: 1 millisecond to 24 hours. Default: the
    ///     client's.
    /// - Throws: A ``DevcredError``, or `CancellationError`.
    public func deviceCredential(
        clientID: String, instanceID: String? = nil, timeout: Duration? = nil
    ) async throws -> DeviceCredential {
        try await call("GetDeviceCredential", clientID, instanceID, timeout)
    }

    /// Creates the credential of a device. Each success is billed.
    ///
    /// It throws a ``DevcredError`` of kind ``ErrorKind/alreadyExists`` if the device has a
    /// credential; the service may instead replace it, and its old secret then no longer works.
    /// Therefore call ``deviceCredential(clientID:instanceID:timeout:)`` first. The call is not
    /// retried if the request may have arrived: call
    /// ``deviceCredential(clientID:instanceID:timeout:)`` to find out whether the device was
    /// registered.
    ///
    /// Cancellation is that of ``deviceCredential(clientID:instanceID:timeout:)``.
    ///
    /// - Parameters:
    ///   - clientID: The device's client id, `GROUP@@@DEVICE`: at most 64 characters, no control characters.
    ///   - instanceID: The device's instance. Default: the client's.
    ///   - timeout: The timeout of this call, with the rate limiter and all retries: 1 millisecond to 24 hours. Default: the
    ///     client's.
    /// - Throws: A ``DevcredError``, or `CancellationError`.
    public func registerDeviceCredential(
        clientID: String, instanceID: String? = nil, timeout: Duration? = nil
    ) async throws -> DeviceCredential {
        try await call("RegisterDeviceCredential", clientID, instanceID, timeout)
    }

    private func call(
        _ operation: String, _ clientID: String, _ instanceID: String?, _ timeout: Duration?
    ) async throws -> DeviceCredential {
        let request = NativeRequest(
            operation: operation, clientId: clientID, instanceId: instanceID, timeoutMs: timeout?.inMilliseconds)
        let call = NativeCall()
        let credential = try await withTaskCancellationHandler {
            // The library calls the listener exactly once, so nothing has to check it.
            try await withUnsafeThrowingContinuation { continuation in
                native.start(call: call, request: request, listener: Listener(continuation))
            }
        } onCancel: {
            call.cancel()
        }
        return DeviceCredential(credential)
    }

    /// Replaces the AccessKey: id, secret and security token together. Attempts that begin
    /// afterwards use the new key, also those of running calls.
    ///
    /// - Throws: A ``DevcredError`` of kind ``ErrorKind/invalidParameter`` if the key is invalid or the client is
    ///   closed; the client keeps the old key.
    public func setAccessKey(_ key: AccessKey) throws(DevcredError) {
        if let error = native.setAccessKey(id: key.id, secret: key.secret, securityToken: key.securityToken) {
            throw DevcredError(error)
        }
    }

    /// Closes the client. Running calls end soon and later calls immediately, both with a
    /// ``DevcredError`` of kind ``ErrorKind/invalidParameter``. Closing a closed client does
    /// nothing.
    public func close() {
        native.close()
    }
}
