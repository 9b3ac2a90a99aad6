/// A line of the protocol: `key=value` pairs, every value percent-encoded.
struct Line: CustomStringConvertible {
    private var pairs: [(key: String, value: String)] = []

    init() {}

    init(parsing line: String) {
        for pair in line.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let value = decoded(parts[1]) else { fatalError("not a line of the protocol") }
            pairs.append((String(parts[0]), value))
        }
    }

    subscript(key: String) -> String? {
        get { pairs.first { $0.key == key }?.value }
        set {
            pairs.removeAll { $0.key == key }
            if let newValue { pairs.append((key, newValue)) }
        }
    }

    func required(_ key: String) -> String {
        guard let value = self[key] else { fatalError("no \(key)") }
        return value
    }

    func number(_ key: String) -> Int? {
        self[key].map { value in
            guard let number = Int(value) else { fatalError("\(key) is not a number") }
            return number
        }
    }

    func milliseconds(_ key: String) -> Duration? {
        number(key).map { .milliseconds($0) }
    }

    var description: String {
        pairs.map { "\($0.key)=\(encoded($0.value))" }.joined(separator: "&")
    }
}

/// Encodes byte by byte, as the protocol requires; Foundation does not encode the same characters.
private func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            bytes.append(byte)
        default:
            bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

private func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text
    while let character = rest.popFirst() {
        if character == "%" {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        } else {
            bytes += character.utf8
        }
    }
    return String(validating: bytes, as: UTF8.self)
}
