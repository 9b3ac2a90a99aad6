// Prints the MQTT user name of a device. The first start fetches the credential and stores it; every
// later start reads it back and makes no request, because each is billed.
//
//   node restart.mjs credential.json 'GID_app@@@phone-1'
//
// The AccessKey, the region and the instance come from the environment, as in get.mjs. Only the
// first start needs them.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Client, DeviceCredential } from 'devcred';

const [file, clientId = ''] = process.argv.slice(2);

function readStored() {
  try {
    return DeviceCredential.fromRevealed(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

async function fetchAndStore() {
  const credential = await Client.fromEnv().getDeviceCredential(clientId);
  // The file contains the secret, so only its owner may read it. Renaming never leaves half a file.
  writeFileSync(`${file}.new`, JSON.stringify(credential.reveal()), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return credential;
}

const stored = readStored();
const credential = stored?.clientId === clientId ? stored : await fetchAndStore();
console.log(credential.mqttLogin().username); // mqttLogin().reveal().password is the password for CONNECT
