// Prototype pollution: properties that a library or an attacker has added to `Object.prototype` are
// not options. Each program is a process, because pollution is permanent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { DEVICE, Emulator, LIMIT, run } from './emulator.mjs';

// Calls every function that takes an object, and prints the results.
const USE = `
  import { Client } from 'devcred';
  console.log('stdout is open'); // With a polluted prototype, Node.js could fail to open it.
  const pollution = JSON.parse(process.argv[1]);
  for (const [name, value] of Object.entries(pollution)) Object.prototype[name] = value;
  const key = { accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET };
  const { DEVCRED_ENDPOINT: endpoint, DEVCRED_INSTANCE_ID: instanceId } = process.env;
  const levels = new Set();
  const log = (level, message) => levels.add(typeof message + ' of ' + level);
  for (const client of [Client.fromEnv(), Client.fromEnv({}), new Client({ ...key, endpoint, instanceId, log })]) {
    const credentials = [await client.getDeviceCredential('${DEVICE}'), await client.getDeviceCredential('${DEVICE}', {})];
    client.setAccessKey(key);
    for (const { clientId, instanceId } of credentials) console.log(clientId, instanceId);
    const error = await client.getDeviceCredential('').catch((error) => error);
    console.log(error.name, error.message, Object.hasOwn(error, 'code'));
  }
  console.log([...levels].join());
`;

test('properties of Object.prototype are not used as options, results or errors', { timeout: LIMIT }, async (t) => {
  const emulator = await Emulator.start(t);
  const attacker = await Emulator.start(t);
  const use = async (pollution) => {
    const { code, stdout, stderr } = await run(USE, { env: emulator.env, args: [JSON.stringify(pollution)] });
    return { code, stdout, stderr };
  };
  const expected = await use({});
  assert.match(expected.stdout, /\n(GID_test@@@test post-cn-test\n){2}DevcredError .* false\n/, expected.stderr);
  const differences = [];
  for (const pollution of [
    { helperOfALegacyLibrary: 'harmless' },
    { endpoint: attacker.endpoint },
    { proxy: 'no proxy' },
    { rootCertificatesPem: 'no certificate' },
    { accessKeyId: 'another-key', accessKeySecret: 'another-s3cr3t' },
    { securityToken: 'another-token' },
    { region: 'cn-other' },
    { network: 'other' },
    { signature: 'other' },
    { instanceId: 'post-cn-other' },
    { timeoutMs: 1 },
    { attemptTimeoutMs: 1, connectTimeoutMs: 1 },
    { maxAttempts: 0, maxRequestsPerSecond: 0 },
    { log: 'no function' },
    { logLevel: 'other' },
    { fromEnv: false },
    { ALIBABA_CLOUD_SECURITY_TOKEN: 'another-token', HTTPS_PROXY: 'no proxy', SSL_CERT_FILE: 'no file' },
    { signal: 'no signal' },
    // Properties of the addon's completions, log events and errors.
    { id: 1 },
    { level: 'warn', message: 'another message' },
    { failure: { kind: 'Internal', message: 'another', text: 'another' } },
    { credential: {}, kind: 'Internal', code: 'AnotherCode' },
    // Properties of a property descriptor.
    { get: 'another', set: 'another' },
  ]) {
    const actual = await use(pollution);
    if (!isDeepStrictEqual(actual, expected)) differences.push([Object.keys(pollution).join(), actual]);
  }
  const { calls } = await attacker.journal();
  assert.deepEqual({ differences, calls }, { differences: [], calls: [] });
});

test('only own properties of an object are options', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client(Object.create({ endpoint: 'http://127.0.0.1:1' }));
  assert.equal((await client.getDeviceCredential(DEVICE, Object.create({ instanceId: 1 }))).clientId, DEVICE);
});
