import Foundation

/// A minimal server of an app. It listens on loopback only.
final class AppServer: Sendable {
    let url: URL
    private let socket: Int32

    /// `answer` receives the head of a request and returns a status and a body.
    init(answer: @escaping @Sendable (String) async -> (status: Int, body: Data)) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && listen(socket, 16) == 0 && getsockname(socket, address, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        self.socket = socket
        url = URL(string: "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))")!
        Thread.detachNewThread {
            // The loop ends when `deinit` shuts the socket down.
            while case let connection = accept(socket, nil, nil), connection >= 0 {
                let file = FileHandle(fileDescriptor: connection, closeOnDealloc: true)
                Task { await Self.serve(file, answer) }
            }
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private static func serve(
        _ file: FileHandle, _ answer: @Sendable (String) async -> (status: Int, body: Data)
    ) async {
        var head = Data()
        while !head.contains(Data("\r\n\r\n".utf8)) {
            let more = file.availableData
            if more.isEmpty { return }
            head += more
        }
        let (status, body) = await answer(String(decoding: head, as: UTF8.self))
        let lines = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        try? file.write(contentsOf: Data(lines.utf8) + body)
        try? file.close()
    }
}

extension Data {
    fileprivate func contains(_ other: Data) -> Bool { range(of: other) != nil }
}
