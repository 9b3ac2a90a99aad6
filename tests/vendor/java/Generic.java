import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.Client;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.models.RuntimeOptions;
import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.auth.SignatureVersion;
import com.aliyuncs.auth.signers.SignatureAlgorithm;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Makes calls by the vendor's SDKs, with their generic calls: each line of stdin is, in JSON, what to ask for, each line of stdout
 * what came of it. Any other error than the service's ends it.
 */
public final class Generic {
    private static final String ACTION = "GetDeviceCredential";
    private static final String VERSION = "2020-04-20";
    private static final int MILLISECONDS = 30_000;

    /** Without a region they make no client, though the endpoint is given. */
    private static final String REGION = "cn-hangzhou";

    private static final Gson JSON =
            new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES).create();

    private record Ask(
            String sdk,
            String endpoint,
            String accessKeyId,
            String accessKeySecret,
            String securityToken,
            String signatureAlgorithm,
            String clientId,
            String instanceId) {}

    private record Got(JsonElement requestId, JsonElement credential) {
        private static Got of(JsonElement body) {
            var members = body.getAsJsonObject();
            return new Got(members.get("RequestId"), members.get("DeviceCredential"));
        }
    }

    private record Refused(String code, Integer status, String message, String requestId) {}

    public static void main(String[] arguments) throws Exception {
        var asks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var outcomes = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (var line = asks.readLine(); line != null; line = asks.readLine()) {
            var ask = JSON.fromJson(line, Ask.class);
            outcomes.println(JSON.toJson(call(ask)));
        }
    }

    private static Record call(Ask ask) throws Exception {
        return switch (ask.sdk) {
            case "com.aliyun:tea-openapi" -> byTea(ask);
            case "com.aliyun:aliyun-java-sdk-core" -> byCore(ask);
            default -> throw new IllegalArgumentException(ask.sdk);
        };
    }

    private static Record byTea(Ask ask) throws Exception {
        var config = new Config()
                .setAccessKeyId(ask.accessKeyId)
                .setAccessKeySecret(ask.accessKeySecret)
                .setSecurityToken(ask.securityToken)
                .setSignatureAlgorithm(ask.signatureAlgorithm)
                .setEndpoint(ask.endpoint)
                .setReadTimeout(MILLISECONDS)
                .setConnectTimeout(MILLISECONDS);
        var params = new Params()
                .setAction(ACTION)
                .setVersion(VERSION)
                .setProtocol("HTTP")
                .setMethod("POST")
                .setPathname("/")
                .setAuthType("AK")
                .setStyle("RPC")
                .setReqBodyType("formData")
                .setBodyType("json");
        var request = new OpenApiRequest().setQuery(Map.of("ClientId", ask.clientId, "InstanceId", ask.instanceId));
        try {
            var response = new Client(config).callApi(params, request, new RuntimeOptions());
            return Got.of(JSON.toJsonTree(response.get("body")));
        } catch (TeaException error) {
            var requestId = (String) error.getData().get("RequestId");
            return new Refused(error.getCode(), error.getStatusCode(), error.getMessage(), requestId);
        }
    }

    private static Record byCore(Ask ask) throws Exception {
        var request = new CommonRequest();
        request.setSysDomain(ask.endpoint);
        request.setSysProtocol(ProtocolType.HTTP);
        request.setSysMethod(MethodType.POST);
        request.setSysVersion(VERSION);
        request.setSysAction(ACTION);
        request.setSysReadTimeout(MILLISECONDS);
        request.setSysConnectTimeout(MILLISECONDS);
        request.putQueryParameter("ClientId", ask.clientId);
        request.putQueryParameter("InstanceId", ask.instanceId);
        if (ask.signatureAlgorithm == null) {
            request.setSysSignatureVersion(SignatureVersion.V3);
            request.setSysSignatureAlgorithm(SignatureAlgorithm.ACS3_HMAC_SHA256);
        }
        var profile = DefaultProfile.getProfile(REGION, ask.accessKeyId, ask.accessKeySecret, ask.securityToken);
        try {
            var response = new DefaultAcsClient(profile).getCommonResponse(request);
            return Got.of(JSON.fromJson(response.getData(), JsonElement.class));
        } catch (ClientException error) {
            // It does not tell the status.
            return new Refused(error.getErrCode(), null, error.getErrMsg(), error.getRequestId());
        }
    }
}
