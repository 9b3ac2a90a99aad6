import com.aliyun.teaopenapi.Client;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.models.RuntimeOptions;
import java.io.IOException;
import java.util.Map;
import java.util.Properties;

/** A generic call with the vendor's SDK. All threads share the client. */
final class VendorSdk implements Bench.Call {
    static final String NAME = "com.aliyun:tea-openapi";

    private final Bench.Target target;
    private final Client client;
    private final Params params = new Params()
            .setAction("GetDeviceCredential")
            .setVersion("2020-04-20")
            .setProtocol("HTTP")
            .setMethod("POST")
            .setPathname("/")
            .setAuthType("AK")
            .setStyle("RPC")
            .setReqBodyType("formData")
            .setBodyType("json");

    VendorSdk(Bench.Target target) throws Exception {
        this.target = target;
        client = new Client(new Config()
                .setAccessKeyId(target.id())
                .setAccessKeySecret(target.secret())
                .setEndpoint(target.endpoint().getAuthority()));
    }

    @Override
    public void execute(int thread) throws Exception {
        var query = Map.of("ClientId", target.clientId(), "InstanceId", target.instanceId());
        var response = client.callApi(params, new OpenApiRequest().setQuery(query), new RuntimeOptions());
        if (!((Map<?, ?>) response.get("body")).containsKey("DeviceCredential")) {
            throw new IllegalStateException("the response contains no credential");
        }
    }

    /** Returns the version in the description that Maven puts into a jar. */
    static String version() throws IOException {
        var file = "/META-INF/maven/" + NAME.replace(':', '/') + "/pom.properties";
        try (var stream = Client.class.getResourceAsStream(file)) {
            var properties = new Properties();
            properties.load(stream);
            return properties.getProperty("version");
        }
    }
}
