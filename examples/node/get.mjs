// Fetches the credential of a device and prints the MQTT user name.
//
// The AccessKey, the region and the instance come from the environment, as docs/reference.md
// describes.
import { Client } from 'devcred';

const client = Client.fromEnv();
try {
  const credential = await client.getDeviceCredential(process.argv[2] ?? '');
  const login = credential.mqttLogin();
  console.log(login.username); // login.reveal().password is the password for CONNECT
} catch (error) {
  if (error.kind !== 'NotFound') throw error;
  console.error('register the device first');
  process.exitCode = 1;
}
