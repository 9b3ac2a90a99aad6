extension Client {
    /// The version of this library.
    public static let version = "0.1.0"
}
