extension Client {
    /// The version of this library, for a report of a fault.
    public static let version = "0.1.0"
}
