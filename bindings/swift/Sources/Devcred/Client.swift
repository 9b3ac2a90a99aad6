internal import DevcredNative

/// Fetches the credentials of devices. One client serves a whole program: it keeps connections, paces its requests, and may be
/// used by any number of tasks at once.
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
/// A client that is let go leaves the calls that run as they are; ``close()`` ends them.
public final class Client: Sendable {
    private let native: NativeClient

    /// Checks the options and sets up the connections' pool. Nothing is sent.
    ///
    /// - Throws: A ``DevcredError`` of kind ``ErrorKind/invalidParameter`` for an option that cannot be used. Its message
    ///   names the option and never repeats its value.
    public convenience init(_ options: Options) throws(DevcredError) {
        try self.init(options, isFromEnvironment: false)
    }

    /// A client from the environment. What the options hold wins over it.
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
    /// - Throws: A ``DevcredError`` of kind ``ErrorKind/invalidParameter`` for an option or a variable that cannot be used.
    public static func fromEnvironment(_ options: Options = Options()) throws(DevcredError) -> Client {
        try Client(options, isFromEnvironment: true)
    }

    private init(_ options: Options, isFromEnvironment: Bool) throws(DevcredError) {
        switch DevcredNative.open(options: options.native(fromEnv: isFromEnvironment), log: options.log.map(NativeLogAdapter.init)) {
        case .client(let client): native = client
        case .refused(let error): throw DevcredError(error)
        }
    }

    /// Fetches the credential of a device. It stays valid until it is refreshed or unregistered: fetch it once per device and
    /// store it. Each success is billed.
    ///
    /// Cancelling the task ends the call at once and closes its connection. The call then throws `CancellationError`, as
    /// everything in Swift does that is cancelled; that is why this function's `throws` is not limited to ``DevcredError``. A
    /// request that was under way may have been billed. A task that is cancelled already sends nothing.
    ///
    /// - Parameters:
    ///   - clientID: The device's client id, `GROUP@@@DEVICE`: at most 64 characters, no control characters.
    ///   - instanceID: The device's instance, where it is not the client's.
    ///   - timeout: How long this call may take in all, waits and retries included, where it is not as long as the client
    ///     says: 1 millisecond to 24 hours.
    /// - Throws: A ``DevcredError``, or `CancellationError`.
    public func deviceCredential(
        clientID: String, instanceID: String? = nil, timeout: Duration? = nil
    ) async throws -> DeviceCredential {
        let request = NativeRequest(clientId: clientID, instanceId: instanceID, timeoutMs: timeout?.inMilliseconds)
        let call = StartedCall()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isStarted = call.start { native.start(request: request, listener: Listener(continuation)) }
                if !isStarted { continuation.resume(returning: .cancelled) }
            }
        } onCancel: {
            call.cancel()
        }
        switch outcome {
        case .ok(let credential): return DeviceCredential(credential)
        case .failed(let error): throw DevcredError(error)
        case .cancelled: throw CancellationError()
        }
    }

    /// Replaces the AccessKey: id, secret and security token together. Attempts that begin afterwards are signed with it,
    /// those of calls that run already too.
    ///
    /// - Throws: A ``DevcredError`` of kind ``ErrorKind/invalidParameter`` for a key that cannot be used, the old one then
    ///   stays, and on a closed client.
    public func setAccessKey(_ key: AccessKey) throws(DevcredError) {
        if let error = native.setAccessKey(key: key.native) { throw DevcredError(error) }
    }

    /// Closes the client and its connections. Calls that run end soon, calls made afterwards at once, both with a
    /// ``DevcredError`` of kind ``ErrorKind/invalidParameter``. Closing it again does nothing.
    public func close() {
        native.shut()
    }
}
