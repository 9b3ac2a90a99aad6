// The environment of a client is `process.env` of the JavaScript that creates it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEVICE, Emulator, LIMIT, run } from './emulator.mjs';

const TENANT = 'post-cn-tenant';

// Runs a program in the environment of an emulator and returns what it prints. `print` is the source
// of a function that prints the instance that `Client.fromEnv()` calls, or why there is no client.
async function runProgram(t, program) {
  const { env } = await Emulator.start(t);
  const print = `() => {
    const { Client } = require('devcred');
    try {
      const call = Client.fromEnv().getDeviceCredential('${DEVICE}');
      return call.then(({ instanceId }) => console.log(instanceId));
    } catch (error) {
      console.log(error.name + ': ' + error.message);
    }
  }`;
  const imports = `
    import { createRequire } from 'node:module';
    import { Worker } from 'node:worker_threads';
    const require = createRequire(process.cwd() + '/');
    const print = ${print};
    const printInWorker = (env) => new Worker('(' + print + ')()', { eval: true, execArgv: [], env });
  `;
  const { code, stdout, stderr } = await run(`${imports}\n${program}`, { env });
  assert.deepEqual([code, stderr], [0, '']);
  return stdout.trim();
}

test('a worker with its own environment uses it', { timeout: LIMIT }, async (t) => {
  const own = await runProgram(t, `printInWorker({ ...process.env, DEVCRED_INSTANCE_ID: '${TENANT}' });`);
  assert.equal(own, TENANT);
  const empty = await runProgram(t, 'printInWorker({});');
  assert.match(empty, /^DevcredError: ALIBABA_CLOUD_ACCESS_KEY_ID, .* are not set/);
});

test('a program that changes its environment uses the new one', { timeout: LIMIT }, async (t) => {
  for (const change of [
    `process.env.DEVCRED_INSTANCE_ID = '${TENANT}';`,
    `process.env = { ...process.env, DEVCRED_INSTANCE_ID: '${TENANT}' };`,
    `process.env = { __proto__: null, ...process.env, DEVCRED_INSTANCE_ID: '${TENANT}', HTTPS_PROXY: undefined };`,
  ]) {
    assert.equal(await runProgram(t, `${change} print();`), TENANT, change);
  }
  const deleted = await runProgram(t, 'delete process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET; print();');
  assert.match(deleted, /^DevcredError: ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set/);
});

test('the constructor reads the proxy and the certificates from the environment', { timeout: LIMIT }, async (t) => {
  const { options } = await Emulator.start(t);
  const open = `new Client(${JSON.stringify({ ...options, endpoint: 'https://example.com' })})`;
  for (const [name, value] of [
    ['HTTPS_PROXY', 'socks5://127.0.0.1'],
    ['https_proxy', 'socks5://127.0.0.1'],
    ['SSL_CERT_FILE', '/does-not-exist'],
  ]) {
    const program = `
      const { Client } = require('devcred');
      process.env = { ${name}: '${value}' };
      try { ${open}; } catch (error) { console.log(error.message); }
      process.env.NO_PROXY = '*';
      delete process.env.SSL_CERT_FILE;
      ${open};
    `;
    assert.match(await runProgram(t, program), new RegExp(`^${name} `));
  }
});

test('a variable that is not a string is refused by its name', { timeout: LIMIT }, async (t) => {
  const number = await runProgram(t, 'process.env = { DEVCRED_INSTANCE_ID: 5 }; print();');
  assert.equal(number, 'TypeError: DEVCRED_INSTANCE_ID must be a string, not number');
});
