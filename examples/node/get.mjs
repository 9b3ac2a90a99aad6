// Fetches the credential of one device and prints the user name that the device connects with.
//
//   node get.mjs 'GID_test@@@test'
//
// The AccessKey, the region and the instance come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
// ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_REGION_ID, DEVCRED_INSTANCE_ID.
import { Client } from 'devcred';

const client = Client.fromEnv();
try {
  const credential = await client.getDeviceCredential(process.argv[2] ?? '');
  console.log(credential.mqttLogin().username); // credential.mqttLogin().reveal().password goes into CONNECT
} catch (error) {
  if (error.kind !== 'NotFound') throw error;
  console.error('register the device first');
}
