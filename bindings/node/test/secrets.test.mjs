import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { DeviceCredential, MqttLogin } from 'devcred';
import { DEVICE, Emulator, INSTANCE } from './emulator.mjs';

const HIDDEN = '<hidden: use reveal()>';

test('only explicit access reveals the secrets of a credential and its login', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client();
  const credential = await client.getDeviceCredential(DEVICE);
  const login = credential.mqttLogin();
  const { password } = login.reveal();
  const secret = credential.deviceAccessKeySecret;
  assert(secret.length > 8 && password.length > 8);
  const showAll = { showHidden: true, getters: true, depth: Infinity };
  const port = new MessageChannel();
  port.port1.postMessage({ credential, login });
  const texts = [credential, login, { credential, list: [login] }, new Map([[login, credential]]), client].flatMap((value) => [
    inspect(value),
    inspect(value, showAll),
    inspect(value, { ...showAll, compact: false, sorted: true, showProxy: true }),
    inspect(value, { customInspect: false, showHidden: true }),
    inspect({ ...value }, showAll),
    format('%s %o %O %j', value, value, value, value instanceof Map ? [] : value),
    JSON.stringify(value),
    JSON.stringify(Object.entries(value)),
    JSON.stringify(Object.getOwnPropertyDescriptors(value)),
  ]);
  texts.push(inspect(receiveMessageOnPort(port.port2), showAll), `${credential} ${login} ${client}`);
  texts.push(inspect(structuredClone({ credential, login }), showAll));
  for (const text of texts) assert(!text.includes(secret) && !text.includes(password), text);
  port.port1.close();
});

test('hidden secrets are replaced with a recognizable text', async (t) => {
  const emulator = await Emulator.start(t);
  const credential = await emulator.client().getDeviceCredential(DEVICE);
  const login = credential.mqttLogin();
  assert.equal(JSON.parse(JSON.stringify(login)).password, HIDDEN);
  assert.equal(JSON.parse(JSON.stringify(credential)).deviceAccessKeySecret, HIDDEN);
  for (const text of [inspect(credential), String(credential), inspect(login), String(login)]) assert(text.includes(HIDDEN));
  assert.match(inspect([credential]), /DeviceCredential \{/);
});

test('the MQTT login is as the service documents it', async (t) => {
  const emulator = await Emulator.start(t);
  const credential = await emulator.client().getDeviceCredential(DEVICE);
  const revealed = credential.mqttLogin().reveal();
  assert.equal(Object.getPrototypeOf(revealed), Object.prototype);
  assert.deepEqual(JSON.parse(JSON.stringify(revealed)), {
    clientId: DEVICE,
    username: `DeviceCredential|${credential.deviceAccessKeyId}|${INSTANCE}`,
    password: createHmac('sha1', credential.deviceAccessKeySecret).update(DEVICE).digest('base64'),
  });
});

test('a credential is immutable, including the objects that it returns', async (t) => {
  const emulator = await Emulator.start(t);
  const credential = await emulator.client().getDeviceCredential(DEVICE);
  const login = credential.mqttLogin();
  assert(credential instanceof DeviceCredential && login instanceof MqttLogin);
  assert(Object.isFrozen(credential) && Object.isFrozen(login));
  assert.throws(() => {
    credential.deviceAccessKeySecret = '';
  }, TypeError);
  for (const name of ['createTime', 'updateTime']) {
    const time = credential[name];
    assert(time instanceof Date && Math.abs(time - Date.now()) < 3_600_000);
    time.setTime(0);
    assert.notEqual(credential[name].getTime(), 0);
  }
  login.reveal().password = '';
  assert.notEqual(login.reveal().password, '');
});

test('two credentials are equal if their visible properties are', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client();
  const [one, other] = await Promise.all([DEVICE, `${DEVICE}-2`].map((id) => client.getDeviceCredential(id)));
  assert.notDeepEqual(one, other);
  assert.deepEqual(Object.keys(one), ['clientId', 'instanceId', 'deviceAccessKeyId']);
});

test('a credential that was stored as JSON logs in without a request', async (t) => {
  const emulator = await Emulator.start(t);
  const credential = await emulator.client().getDeviceCredential(DEVICE);
  const stored = JSON.stringify({ ...credential.reveal(), storedAt: 'today' });
  const restored = DeviceCredential.fromRevealed(JSON.parse(stored));
  assert(restored instanceof DeviceCredential && restored.equals(credential));
  assert.deepEqual(restored.reveal(), credential.reveal());
  assert.deepEqual(restored.mqttLogin().reveal(), credential.mqttLogin().reveal());
  assert.deepEqual(restored.createTime, credential.createTime);
});

test('a credential that was stored without reveal() is refused', async (t) => {
  const emulator = await Emulator.start(t);
  const stored = JSON.stringify(await emulator.client().getDeviceCredential(DEVICE));
  assert.throws(() => DeviceCredential.fromRevealed(JSON.parse(stored)), {
    name: 'DevcredError',
    kind: 'InvalidParameter',
    message: /^device_access_key_secret is the text that hides a secret/,
  });
});

const REVEALED = {
  clientId: DEVICE,
  instanceId: INSTANCE,
  deviceAccessKeyId: 'DC.id',
  deviceAccessKeySecret: 'a-s3cr3t',
  createTimeMs: 1,
  updateTimeMs: 2,
  requestId: 'a request',
};

test('equality leaves out the request id', () => {
  const one = new DeviceCredential(REVEALED);
  const refetched = new DeviceCredential({ ...REVEALED, requestId: 'another' });
  assert.deepEqual(one, refetched);
  assert(one.equals(refetched));
  for (const change of [{ deviceAccessKeySecret: 'another' }, { updateTimeMs: 3 }, { clientId: 'another' }]) {
    assert(!one.equals(new DeviceCredential({ ...REVEALED, ...change })), JSON.stringify(change));
  }
  for (const other of [undefined, null, 'x', {}, { ...REVEALED }]) assert(!one.equals(other));
});

test('a member that is missing or of the wrong type is a TypeError that does not show it', () => {
  for (const [name, value, expected] of [
    ['clientId', undefined, 'clientId must be a string, not undefined'],
    ['deviceAccessKeySecret', 7_654_321, 'deviceAccessKeySecret must be a string, not number'],
    ['createTimeMs', '1', 'createTimeMs must be an integer, not string'],
    ['updateTimeMs', 1.5, 'updateTimeMs must be an integer, not number'],
  ]) {
    assert.throws(() => new DeviceCredential({ ...REVEALED, [name]: value }), { name: 'TypeError', message: expected });
  }
  assert.throws(() => DeviceCredential.fromRevealed(null), TypeError);
  assert.throws(() => new MqttLogin({ clientId: 'a', username: 'b' }), { message: 'password must be a string, not undefined' });
  assert.deepEqual(new MqttLogin({ clientId: 'a', username: 'b', password: 'c' }).reveal().password, 'c');
});
