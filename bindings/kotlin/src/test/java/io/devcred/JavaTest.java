package io.devcred;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** The API as Java programs use it. */
class JavaTest {
    @Test
    void aClientWithEveryOptionWorks() throws InterruptedException {
        Queue<String> events = new ConcurrentLinkedQueue<>();
        try (Emulator emulator = new Emulator()) {
            ClientOptions options = new ClientOptions();
            options.setAccessKeyId(Emulator.KEY_ID);
            options.setAccessKeySecret(Emulator.SECRET);
            options.setEndpoint(emulator.getEndpoint());
            options.setRegion("cn-hangzhou");
            options.setNetwork(Network.Public);
            options.setInstanceId("post-cn-other");
            options.setSignature(Signature.HmacSha1);
            options.setTimeout(Duration.ofSeconds(30));
            options.setAttemptTimeout(Duration.ofSeconds(20));
            options.setConnectTimeout(Duration.ofSeconds(10));
            options.setMaxAttempts(2);
            options.setMaxRequestsPerSecond(100);
            options.setProxy("off");
            options.log(LogLevel.Debug, (level, message) -> events.add(level + " " + message));
            try (Client client = new Client(options)) {
                BlockingClient blocking = client.blocking();
                DeviceCredential credential =
                        blocking.getDeviceCredential("GID_test@@@java", Emulator.INSTANCE_ID, Duration.ofSeconds(25));
                assertEquals("GID_test@@@java", credential.getClientId());
                assertEquals(Emulator.INSTANCE_ID, credential.getInstanceId());
                assertEquals("post-cn-other", blocking.getDeviceCredential("GID_test@@@java").getInstanceId());
                assertTrue(credential.getCreateTime().toEpochMilli() > 0);
                MqttLogin login = credential.mqttLogin();
                assertEquals(
                        Map.of("clientId", login.getClientId(), "username", login.getUsername(), "password", login.password()),
                        login.reveal());
            }
        }
        assertTrue(events.stream().anyMatch(event -> event.startsWith("Debug ")), events::toString);
    }

    @Test
    void anErrorHasEveryProperty() {
        try (Emulator emulator = new Emulator("--device", "GID_test@@@known");
                Client client = emulator.client(options -> kotlin.Unit.INSTANCE)) {
            DevcredException error =
                    assertThrows(DevcredException.class, () -> client.blocking().getDeviceCredential("GID_test@@@other"));
            assertEquals(ErrorKind.NotFound, error.getKind());
            assertEquals("DeviceCredentialNotFound", error.getCode());
            assertEquals(400, error.getHttpStatus());
            assertEquals(1, error.getAttempts());
            assertEquals(false, error.isRetryable());
            assertTrue(error.getRequestId().length() > 8);
            String details = " (DeviceCredentialNotFound, request id " + error.getRequestId() + ")";
            String message = "NotFound: " + error.getErrorMessage() + details + "\n" + error.getAdvice();
            assertEquals(message, error.getMessage());
            // Also what a stack trace prints after "Caused by: ".
            assertEquals("io.devcred.DevcredException: " + message, error.toString());
        }
    }

    @Test
    void aTestCanCreateAnError() {
        DevcredException error = new DevcredException(ErrorKind.Throttled, "too fast", "Throttling.User", true);
        assertEquals("Throttled: too fast (Throttling.User)", error.getMessage());
        assertTrue(error.isRetryable());
        assertEquals("Timeout: late", new DevcredException(ErrorKind.Timeout, "late").getMessage());
    }

    /** It compiles: Java sees one constructor with one parameter. */
    @Test
    void aClientNeedsOptions() {
        assertThrows(NullPointerException.class, () -> new Client(null));
    }

    @Test
    void theKeyOfAClientCanBeReplaced() throws InterruptedException {
        try (Emulator emulator = new Emulator(); Client client = emulator.client(options -> {
            options.setAccessKeySecret("another-s3cr3t");
            return kotlin.Unit.INSTANCE;
        })) {
            DevcredException error =
                    assertThrows(DevcredException.class, () -> client.blocking().getDeviceCredential("GID_test@@@java"));
            assertEquals(ErrorKind.Authentication, error.getKind());
            client.setAccessKey(Emulator.KEY_ID, Emulator.SECRET);
            assertEquals("GID_test@@@java", client.blocking().getDeviceCredential("GID_test@@@java").getClientId());
        }
    }

    @Test
    void theErrorForAMissingVariableNamesIt() {
        DevcredException error = assertThrows(DevcredException.class, Client::fromEnv);
        assertEquals(ErrorKind.InvalidParameter, error.getKind());
        assertTrue(error.getMessage().contains("ALIBABA_CLOUD_ACCESS_KEY_ID"), error::toString);
    }
}
