import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { DEVICE, Emulator, INSTANCE, run } from './emulator.mjs';

const runGet = (emulator, ...ids) => run([process.execPath, 'examples/get.mjs', ...ids], { env: emulator.env });

test('get.mjs prints the MQTT user name, or what to do', async (t) => {
  const emulator = await Emulator.start(t, '--device', DEVICE);
  const known = await runGet(emulator, DEVICE);
  assert.match(known.stdout, new RegExp(`^DeviceCredential\\|[^|]+\\|${INSTANCE}\n$`));
  assert.deepEqual([known.code, known.stderr], [0, '']);
  const unknown = await runGet(emulator, 'GID_test@@@unknown');
  assert.deepEqual([unknown.code, unknown.stdout, unknown.stderr], [1, '', 'register the device first\n']);
  const withoutId = await runGet(emulator);
  assert.equal(withoutId.code, 1);
  assert.match(withoutId.stderr, /DevcredError: InvalidParameter: client_id is empty\n/);
});

test('restart.mjs logs in after a restart without a request', async (t) => {
  const emulator = await Emulator.start(t, '--device', DEVICE, '--device', `${DEVICE}-2`);
  const folder = mkdtempSync(join(tmpdir(), 'devcred-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'credential.json');
  const start = (device, env) => run([process.execPath, 'examples/restart.mjs', file, device], { env });
  const first = await start(DEVICE, emulator.env);
  assert.match(first.stdout, new RegExp(`^DeviceCredential\\|[^|]+\\|${INSTANCE}\n$`));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const another = await start(`${DEVICE}-2`, {});
  assert.match(another.stderr, /ALIBABA_CLOUD_ACCESS_KEY_ID, .* are not set/);
  await emulator.stop();
  assert.deepEqual(await start(DEVICE, {}), first);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/(?<="deviceAccessKeySecret":")[^"]*/, '<hidden: use reveal()>'));
  const masked = await start(DEVICE, {});
  assert.match(masked.stderr, /InvalidParameter/);
});

const TOKENS = {
  'token-of-one': DEVICE,
  'token-of-unknown': 'GID_test@@@unknown',
  'token-of-throttled': 'GID_test@@@fault-Throttling.User',
  'token-of-forbidden': 'GID_test@@@fault-NoPermission',
  'token-of-broken': 'GID_test@@@fault-InternalError',
  'token-of-hanging': 'GID_test@@@fault-hang',
};

async function start(t) {
  const devices = Object.values(TOKENS).filter((device) => !device.endsWith('unknown'));
  const emulator = await Emulator.start(t, ...devices.flatMap((device) => ['--device', device]));
  const env = { ...emulator.env, APP_TOKENS: JSON.stringify(TOKENS), PORT: '0' };
  const server = spawn(process.execPath, ['examples/app-server.mjs'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => server.kill('SIGKILL'));
  let stderr = '';
  server.stderr.on('data', (data) => {
    stderr += data;
  });
  const [url] = await once(server.stdout, 'data');
  return { emulator, server, url: String(url).trim(), stderr: () => stderr };
}

function send(url, token, { path = '/mqtt-login', method = 'POST' } = {}) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  return request(url + path, { method, headers, agent: false }).end();
}

async function requestLogin(...args) {
  const [response] = await once(send(...args), 'response');
  return { status: response.statusCode, headers: response.headers, body: await json(response) };
}

test('app-server.mjs returns the login of the device that the token belongs to, and never its secret', async (t) => {
  const { emulator, url, stderr } = await start(t);
  const { status, headers, body } = await requestLogin(url, 'token-of-one');
  const credential = await emulator.client().getDeviceCredential(DEVICE);
  const password = createHmac('sha1', credential.deviceAccessKeySecret).update(DEVICE).digest('base64');
  const username = `DeviceCredential|${credential.deviceAccessKeyId}|${INSTANCE}`;
  assert.deepEqual([status, body], [200, { clientId: DEVICE, username, password }]);
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(stderr(), '');
});

test('app-server.mjs returns only errors that the app can handle', async (t) => {
  const { emulator, url, stderr } = await start(t);
  for (const token of [undefined, 'guessed', DEVICE]) {
    const { status, headers, body } = await requestLogin(url, token);
    assert.deepEqual(
      [status, headers['www-authenticate'], body],
      [401, 'Bearer realm="mqtt-login"', { error: 'unknown token' }],
    );
  }
  assert.equal((await requestLogin(url, 'token-of-one', { method: 'GET' })).status, 404);
  assert.equal((await requestLogin(url, 'token-of-one', { path: '/' })).status, 404);
  assert.equal((await emulator.journal()).calls.length, 0, 'an unknown token must not cause a call');
  for (const [token, status, error] of [
    ['token-of-unknown', 404, 'NotFound'],
    ['token-of-throttled', 503, 'Throttled'],
    ['token-of-broken', 502, 'Service'],
    ['token-of-forbidden', 500, 'PermissionDenied'],
  ]) {
    const { headers, ...response } = await requestLogin(url, token);
    assert.deepEqual(response, { status, body: { error } });
    assert.equal(headers['retry-after'], error === 'Throttled' ? '1' : undefined);
    // The server writes to a pipe, which this program may read later than the response.
    while (!stderr().includes(`: ${error}: `)) await setTimeout(10);
  }
});

test('app-server.mjs aborts the call of an app that disconnects, and exits on SIGTERM', async (t) => {
  const { emulator, server, url } = await start(t);
  const appRequest = send(url, 'token-of-hanging').on('error', () => {});
  await emulator.until(({ calls }) => calls.length === 1);
  appRequest.destroy();
  await emulator.until(({ open_connections }) => open_connections === 1);
  server.kill('SIGTERM');
  assert.deepEqual(await once(server, 'exit'), [0, null]);
});
