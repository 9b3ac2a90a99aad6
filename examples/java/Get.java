/*
 * Fetches the credential of a device and prints the MQTT user name.
 *
 * The AccessKey, the region and the instance come from the environment, as docs/reference.md
 * describes.
 */
import io.devcred.Client;
import io.devcred.DevcredException;
import io.devcred.ErrorKind;
import io.devcred.MqttLogin;

public class Get {
    public static void main(String[] arguments) throws InterruptedException {
        String clientId = arguments.length > 0 ? arguments[0] : "";
        try (Client client = Client.fromEnv()) {
            MqttLogin login = client.blocking().getDeviceCredential(clientId).mqttLogin();
            System.out.println(login.getUsername()); // login.password() is the password for CONNECT
        } catch (DevcredException error) {
            boolean isUnregistered = error.getKind() == ErrorKind.NotFound;
            System.err.println(isUnregistered ? "register the device first" : error.getMessage());
            System.exit(1);
        }
    }
}
