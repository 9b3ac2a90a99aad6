import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Blocking sockets, one for each thread. */
final class Sockets implements Bench.Call {
    private static final int MOST_THREADS = 256;

    private final Bench.Target target;
    private final byte[] request;
    private final Socket[] sockets = new Socket[MOST_THREADS];

    Sockets(Bench.Target target) throws IOException {
        this.target = target;
        var lines = new StringBuilder("POST /?" + target.uri().getRawQuery() + " HTTP/1.1\r\n");
        lines.append("host: ").append(target.endpoint().getAuthority()).append("\r\ncontent-length: 0\r\n");
        target.headerLines().forEach(line -> lines.append(line).append("\r\n"));
        request = lines.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void execute(int thread) throws IOException {
        if (sockets[thread] == null) {
            sockets[thread] = new Socket(InetAddress.getLoopbackAddress(), target.endpoint().getPort());
            sockets[thread].setTcpNoDelay(true);
        }
        sockets[thread].getOutputStream().write(request);
        var input = sockets[thread].getInputStream();
        var response = new byte[4096];
        var length = 0;
        do {
            var count = input.read(response, length, response.length - length);
            if (count <= 0) throw new EOFException(text(response, length));
            length += count;
        } while (!isComplete(text(response, length)));
    }

    private static String text(byte[] response, int length) {
        return new String(response, 0, length, StandardCharsets.ISO_8859_1);
    }

    private static boolean isComplete(String response) throws ProtocolException {
        var end = response.indexOf("\r\n\r\n");
        if (end < 0) return false;
        var length = response.indexOf("\r\ncontent-length: ");
        if (!response.startsWith("HTTP/1.1 200 ") || length < 0 || length > end) throw new ProtocolException(response);
        var digits = response.substring(length + 18, response.indexOf("\r\n", length + 18));
        return response.length() - end - 4 >= Integer.parseInt(digits);
    }
}
