import java.io.IOException;
import java.net.ProtocolException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** The HTTP client of the JDK. */
final class JdkHttpClient implements Bench.Call {
    static {
        // Before Java 24, it may close a kept connection on which it sends a request (JDK-8338569).
        // Without this it would not send a POST again.
        System.setProperty("jdk.httpclient.enableAllMethodRetry", "true");
    }

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HttpRequest request;

    JdkHttpClient(Bench.Target target) throws IOException {
        var builder = HttpRequest.newBuilder(target.uri()).POST(BodyPublishers.noBody());
        for (var line : target.headerLines()) {
            var header = line.split(": ", 2);
            builder.header(header[0], header[1]);
        }
        request = builder.build();
    }

    @Override
    public void execute(int thread) throws IOException, InterruptedException {
        var response = client.send(request, BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) throw new ProtocolException("status " + response.statusCode());
    }
}
