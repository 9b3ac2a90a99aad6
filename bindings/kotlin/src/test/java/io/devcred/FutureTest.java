package io.devcred;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import kotlin.Unit;
import org.junit.jupiter.api.Test;

/** Calls that return a future. */
class FutureTest {
    private static final String CLIENT_ID = ServersKt.CLIENT_ID;

    @Test
    void aFutureCompletesWithTheCredential() {
        try (Emulator emulator = new Emulator("--device", CLIENT_ID); Client client = emulator.client(options -> Unit.INSTANCE)) {
            assertEquals(CLIENT_ID, await(client.getDeviceCredentialAsync(CLIENT_ID)).getClientId());
            String other = "GID_test@@@other";
            Duration timeout = Duration.ofSeconds(25);
            assertEquals(other, await(client.registerDeviceCredentialAsync(other, Emulator.INSTANCE_ID, timeout)).getClientId());
        }
    }

    /** The emulator responds after the first function was added, so that the future's thread runs it. */
    @Test
    void theNextFunctionMayBlock() {
        try (Emulator emulator = new Emulator(); Client client = emulator.client(options -> Unit.INSTANCE)) {
            CompletableFuture<String> second = client.getDeviceCredentialAsync("GID_test@@@fault-slow-200").thenApply(first -> {
                assertNotEquals("devcred", Thread.currentThread().getName());
                return client.getDeviceCredentialAsync(CLIENT_ID).join().getClientId();
            });
            assertEquals(CLIENT_ID, await(second));
        }
    }

    @Test
    void aFailedCallCompletesItExceptionally() {
        try (Emulator emulator = new Emulator("--device", CLIENT_ID); Client client = emulator.client(options -> Unit.INSTANCE)) {
            assertEquals(ErrorKind.NotFound, failure(client.getDeviceCredentialAsync("GID_test@@@other")).getKind());
            assertEquals(ErrorKind.InvalidParameter, failure(client.registerDeviceCredentialAsync("")).getKind());
            // A lone surrogate is refused before the call starts.
            for (String clientId : new String[] {"", "GID_test@@@\uD83D"}) {
                assertEquals(ErrorKind.InvalidParameter, failure(client.getDeviceCredentialAsync(clientId)).getKind());
            }
            client.close();
            assertEquals("the client is closed", failure(client.getDeviceCredentialAsync(CLIENT_ID)).getErrorMessage());
        }
    }

    @Test
    void cancellingTheFutureEndsTheCall() {
        assertCallEnds(future -> future.cancel(false));
    }

    @Test
    void aTimeoutOfTheFutureEndsTheCall() {
        assertCallEnds(future -> {
            CompletableFuture<DeviceCredential> late = future.orTimeout(1, TimeUnit.MILLISECONDS);
            ExecutionException error = assertThrows(ExecutionException.class, late::get);
            assertInstanceOf(TimeoutException.class, error.getCause());
        });
    }

    @Test
    void completingTheFutureEndsTheCall() {
        assertCallEnds(future -> future.complete(null));
    }

    /** The call would otherwise take an hour. */
    private static void assertCallEnds(Consumer<CompletableFuture<DeviceCredential>> end) {
        try (SilentServer server = new SilentServer(); Client client = server.client(options -> Unit.INSTANCE)) {
            CompletableFuture<DeviceCredential> future = client.getDeviceCredentialAsync(CLIENT_ID);
            await(server.getRequested());
            end.accept(future);
            await(server.getClosed());
        }
    }

    private static <T> T await(CompletableFuture<T> future) {
        return ServersKt.awaitResult(future);
    }

    private static DevcredException failure(CompletableFuture<?> future) {
        return assertInstanceOf(DevcredException.class, assertThrows(ExecutionException.class, () -> await(future)).getCause());
    }
}
