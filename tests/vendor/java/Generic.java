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
 * Makes generic calls with the vendor's SDKs. Each line of stdin is a call in JSON, each line of
 * stdout its outcome. Any error that is not the service's ends the program.
 */
public final class Generic {
    private static final String ACTION = "GetDeviceCredential";
    private static final String VERSION = "2020-04-20";
    private static final int MILLISECONDS = 30_000;

    /** Required by the SDKs, although the endpoint is set. */
    private static final String REGION = "cn-hangzhou";

    private static final Gson JSON =
            new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES).create();

    private record CallRequest(
            String sdk,
            String endpoint,
            String accessKeyId,
            String accessKeySecret,
            String securityToken,
            String signatureAlgorithm,
            String clientId,
            String instanceId) {}

    private record Success(JsonElement requestId, JsonElement credential) {
        private static Success of(JsonElement body) {
            var members = body.getAsJsonObject();
            return new Success(members.get("RequestId"), members.get("DeviceCredential"));
        }
    }

    private record Failure(String code, Integer status, String message, String requestId) {}

    public static void main(String[] arguments) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var outcomes = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (var line = input.readLine(); line != null; line = input.readLine()) {
            var call = JSON.fromJson(line, CallRequest.class);
            outcomes.println(JSON.toJson(execute(call)));
        }
    }

    private static Record execute(CallRequest call) throws Exception {
        return switch (call.sdk) {
            case "com.aliyun:tea-openapi" -> callWithTea(call);
            case "com.aliyun:aliyun-java-sdk-core" -> callWithCore(call);
            default -> throw new IllegalArgumentException(call.sdk);
        };
    }

    private static Record callWithTea(CallRequest call) throws Exception {
        var config = new Config()
                .setAccessKeyId(call.accessKeyId)
                .setAccessKeySecret(call.accessKeySecret)
                .setSecurityToken(call.securityToken)
                .setSignatureAlgorithm(call.signatureAlgorithm)
                .setEndpoint(call.endpoint)
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
        var request = new OpenApiRequest().setQuery(Map.of("ClientId", call.clientId, "InstanceId", call.instanceId));
        try {
            var response = new Client(config).callApi(params, request, new RuntimeOptions());
            return Success.of(JSON.toJsonTree(response.get("body")));
        } catch (TeaException error) {
            var requestId = (String) error.getData().get("RequestId");
            return new Failure(error.getCode(), error.getStatusCode(), error.getMessage(), requestId);
        }
    }

    private static Record callWithCore(CallRequest call) throws Exception {
        var request = new CommonRequest();
        request.setSysDomain(call.endpoint);
        request.setSysProtocol(ProtocolType.HTTP);
        request.setSysMethod(MethodType.POST);
        request.setSysVersion(VERSION);
        request.setSysAction(ACTION);
        request.setSysReadTimeout(MILLISECONDS);
        request.setSysConnectTimeout(MILLISECONDS);
        request.putQueryParameter("ClientId", call.clientId);
        request.putQueryParameter("InstanceId", call.instanceId);
        if (call.signatureAlgorithm == null) {
            request.setSysSignatureVersion(SignatureVersion.V3);
            request.setSysSignatureAlgorithm(SignatureAlgorithm.ACS3_HMAC_SHA256);
        }
        var profile = DefaultProfile.getProfile(REGION, call.accessKeyId, call.accessKeySecret, call.securityToken);
        try {
            var response = new DefaultAcsClient(profile).getCommonResponse(request);
            return Success.of(JSON.fromJson(response.getData(), JsonElement.class));
        } catch (ClientException error) {
            // The exception does not contain the status.
            return new Failure(error.getErrCode(), null, error.getErrMsg(), error.getRequestId());
        }
    }
}
