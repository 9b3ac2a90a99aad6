import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Calls by other means than devcred, in threads; ../README.md documents the arguments. */
public final class Bench {
    /** A call of one of the threads, which are numbered. */
    interface Call {
        void execute(int thread) throws Exception;
    }

    /** The arguments without FORM. */
    record Target(Path headers, URI endpoint, String id, String secret, String instanceId, String clientId) {
        URI uri() {
            var query = "?ClientId=" + URLEncoder.encode(clientId, StandardCharsets.UTF_8) + "&InstanceId=" + instanceId;
            return endpoint.resolve("/" + query);
        }

        List<String> headerLines() throws IOException {
            return Files.readAllLines(headers);
        }
    }

    public static void main(String[] arguments) throws Exception {
        var form = arguments[1];
        if (arguments[2].equals("--version")) {
            var name = form.equals(VendorSdk.NAME) ? form + " " + VendorSdk.version() : form;
            System.out.println(name + ", Java " + System.getProperty("java.version"));
            return;
        }
        var target = new Target(
                Path.of(arguments[0]),
                URI.create(arguments[2]),
                arguments[3],
                arguments[4],
                arguments[5],
                arguments[6]);
        Call call = switch (form) {
            case "java.net.Socket" -> new Sockets(target);
            case "java.net.http" -> new JdkHttpClient(target);
            case VendorSdk.NAME -> new VendorSdk(target);
            default -> throw new IllegalArgumentException(form);
        };
        measure(call);
        // Some clients keep threads.
        System.exit(0);
    }

    private static void measure(Call call) throws Exception {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (var line = input.readLine(); line != null; line = input.readLine()) {
            if (line.equals("collect")) {
                System.gc();
                System.out.println(Runtime.getRuntime().freeMemory());
                continue;
            }
            var numbers = line.split(" ");
            int calls = Integer.parseInt(numbers[0]), atOnce = Integer.parseInt(numbers[1]);
            run(call, 20, atOnce); // Opens connections and fills caches.
            long cpu = system.getProcessCpuTime(), wall = System.nanoTime();
            run(call, calls / atOnce, atOnce);
            System.out.println((system.getProcessCpuTime() - cpu) + " " + (System.nanoTime() - wall));
        }
    }

    private static void run(Call call, int callsOfEach, int atOnce) throws Exception {
        if (atOnce == 1) {
            execute(call, callsOfEach, 0);
            return;
        }
        var threads = IntStream.range(0, atOnce)
                .mapToObj(number -> new Thread(() -> execute(call, callsOfEach, number)))
                .toList();
        threads.forEach(Thread::start);
        for (var thread : threads) thread.join();
    }

    private static void execute(Call call, int count, int thread) {
        try {
            for (var i = 0; i < count; i++) call.execute(thread);
        } catch (Exception error) {
            error.printStackTrace();
            System.exit(1);
        }
    }
}
