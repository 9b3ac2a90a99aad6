/** Fetches the credentials of IoT devices on Alibaba Cloud ApsaraMQ for MQTT. */
module io.devcred {
    requires transitive kotlin.stdlib;
    requires transitive kotlinx.coroutines.core;

    exports io.devcred;
}
