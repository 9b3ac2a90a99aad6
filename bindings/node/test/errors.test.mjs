import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { Client, DevcredError, ErrorKind } from 'devcred';
import { DEVICE, Emulator, ROOT } from './emulator.mjs';

const KEY = { accessKeyId: 'id', accessKeySecret: 'a-s3cr3t', region: 'cn-hangzhou', instanceId: 'post-cn-test' };
const THROTTLED = 'GID_test@@@fault-Throttling.User';

test('an error has every property and the text that is the same in all languages', async (t) => {
  const emulator = await Emulator.start(t, '--device', DEVICE);
  const error = await emulator
    .client()
    .getDeviceCredential('GID_test@@@other')
    .catch((error) => error);
  assert(error instanceof DevcredError && error instanceof Error);
  const { kind, code, httpStatus, retryable, attempts, requestId, message, advice, helpUrl } = error;
  assert.deepEqual(
    { kind, code, httpStatus, retryable, attempts },
    { kind: ErrorKind.NotFound, code: 'DeviceCredentialNotFound', httpStatus: 400, retryable: false, attempts: 1 },
  );
  assert.deepEqual(
    { clientId: error.clientId, instanceId: error.instanceId, possiblyBilled: error.possiblyBilled },
    { clientId: 'GID_test@@@other', instanceId: emulator.options.instanceId, possiblyBilled: false },
  );
  assert.equal('retryAfterMs' in error, false);
  assert.match(helpUrl, /^https:/);
  assert.equal(String(error), `NotFound: ${message} (DeviceCredentialNotFound, request id ${requestId})\n${advice}`);
  assert(error.stack.startsWith(`DevcredError: ${error}\n    at `), error.stack);
  assert(inspect(error).startsWith(error.stack));
  assert.equal(error.cause, undefined);
});

test('the stack of a rejection contains the caller', async (t) => {
  const emulator = await Emulator.start(t, '--device', DEVICE);
  async function callingFunction() {
    await emulator.client().getDeviceCredential('GID_test@@@other');
  }
  const { stack } = await callingFunction().catch((error) => error);
  assert.match(stack, /callingFunction/);
});

test('an error can be created, and its JSON has every member', () => {
  const error = new DevcredError({
    kind: 'NotFound',
    message: 'no device',
    code: 'Code',
    requestId: 'id',
    advice: 'Register it.',
  });
  assert(error instanceof DevcredError && error instanceof Error);
  assert.equal(String(error), 'NotFound: no device (Code, request id id)\nRegister it.');
  assert.deepEqual(JSON.parse(JSON.stringify(error)), {
    name: 'DevcredError',
    kind: 'NotFound',
    message: 'no device',
    code: 'Code',
    requestId: 'id',
    retryable: false,
    possiblyBilled: false,
    attempts: 0,
    advice: 'Register it.',
  });
  assert.equal(String(new DevcredError({ kind: 'Internal', message: 'x' })), 'Internal: x');
});

test('an error has no property for an absent value', () => {
  assert.throws(
    () => new Client({ ...KEY, timeoutMs: 0 }),
    (error) => error instanceof DevcredError && !('code' in error) && !('httpStatus' in error) && error.attempts === 0,
  );
});

test('ErrorKind has the kinds that the types declare', () => {
  const types = readFileSync(`${ROOT}/bindings/node/index.d.ts`, 'utf8');
  const [, union] = /export type ErrorKind =([^;]*);/.exec(types);
  const declared = [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name);
  assert.deepEqual(declared, Object.keys(ErrorKind));
  assert.deepEqual(declared, Object.values(ErrorKind));
  assert(Object.isFrozen(ErrorKind));
});

test('instanceof works across two copies of the package, and only for their errors', () => {
  const require = createRequire(import.meta.url);
  const modules = Object.keys(require.cache).filter((path) => /node_modules\/devcred\/.*\.js$/.test(path));
  assert.equal(modules.length, 1);
  for (const path of modules) delete require.cache[path];
  const other = require('devcred');
  assert.notEqual(other.DevcredError, DevcredError);
  const catchError = (Client) => {
    try {
      return new Client({ ...KEY, region: '?' });
    } catch (error) {
      return error;
    }
  };
  for (const error of [catchError(Client), catchError(other.Client)]) {
    assert(error instanceof DevcredError && error instanceof other.DevcredError);
  }
  class Derived extends DevcredError {}
  assert(!(catchError(Client) instanceof Derived));
  for (const value of [null, undefined, 'text', new Error('other'), { kind: 'NotFound' }, () => {}]) {
    assert(!(value instanceof DevcredError));
  }
});

test('two copies of the package work in one program', async (t) => {
  const emulator = await Emulator.start(t);
  const require = createRequire(import.meta.url);
  const copies = [Client, require('devcred').Client];
  const credentials = copies.map((Copy) => new Copy(emulator.options).getDeviceCredential(DEVICE));
  assert.deepEqual(
    (await Promise.all(credentials)).map(({ clientId }) => clientId),
    [DEVICE, DEVICE],
  );
});

test('the error for an unknown option contains its name', async (t) => {
  const emulator = await Emulator.start(t);
  assert.throws(() => new Client({ ...KEY, timeout: 5 }), { name: 'TypeError', message: /"timeout".*timeoutMs/ });
  assert.throws(() => Client.fromEnv({ accessKeyID: 'id' }), { name: 'TypeError', message: /"accessKeyID"/ });
  const client = emulator.client();
  await assert.rejects(client.getDeviceCredential(DEVICE, { timeout: 5 }), { name: 'TypeError', message: /"timeout"/ });
  assert.throws(() => client.setAccessKey({ ...KEY }), { name: 'TypeError', message: /"region"/ });
});

test('a value of the wrong type is refused, and the error does not contain it', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client();
  const secret = 31415926535;
  for (const [name, value] of Object.entries({
    accessKeySecret: secret,
    securityToken: null,
    region: ['cn-hangzhou'],
    timeoutMs: '5',
    maxAttempts: 3n,
    rootCertificatesPem: {},
    proxy: new URL('http://127.0.0.1'),
    log: 'console.log',
    logLevel: 3,
  })) {
    const isExpected = (error) =>
      error instanceof TypeError && error.message.startsWith(name) && !error.message.includes(secret);
    assert.throws(() => new Client({ ...KEY, [name]: value }), isExpected, name);
  }
  for (const clientId of [undefined, null, 5, {}, Symbol('id')]) {
    await assert.rejects(client.getDeviceCredential(clientId), { name: 'TypeError', message: /^clientId must be a string/ });
  }
  for (const options of [{ signal: 'abort' }, { signal: null }, { instanceId: 1 }, { timeoutMs: '1' }, null, 'instance']) {
    await assert.rejects(client.getDeviceCredential(DEVICE, options), TypeError);
  }
  for (const key of [undefined, null, 'key', { accessKeyId: 'id' }, { accessKeySecret: 'secret' }]) {
    assert.throws(() => client.setAccessKey(key), TypeError);
  }
  assert.throws(() => Client(KEY), TypeError);
  await assert.rejects(client.getDeviceCredential.call({}, DEVICE), TypeError);
  assert.equal((await emulator.journal()).calls.length, 0);
});

test('a string with a lone surrogate or a NUL is refused, not altered', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client();
  const refused = { name: 'DevcredError', kind: 'InvalidParameter' };
  for (const id of ['GID_test@@@\ud800', '\udc00GID_test@@@x', 'GID_test@@@x\0', 'GID_test\0@@@x']) {
    await assert.rejects(client.getDeviceCredential(id), refused);
    await assert.rejects(client.getDeviceCredential(DEVICE, { instanceId: id }), refused);
    for (const name of ['accessKeyId', 'accessKeySecret', 'securityToken', 'instanceId']) {
      assert.throws(() => emulator.client({ [name]: id }), refused, name);
    }
    assert.throws(() => client.setAccessKey({ accessKeyId: id, accessKeySecret: 'a-s3cr3t' }), refused);
  }
  assert.equal((await client.getDeviceCredential('GID_test@@@\u{1f600}é')).clientId, 'GID_test@@@\u{1f600}é');
  assert.equal((await emulator.journal()).calls.length, 1);
});

test('a number out of range is refused', async (t) => {
  const emulator = await Emulator.start(t);
  const refused = { name: 'DevcredError', kind: 'InvalidParameter' };
  for (const number of [0, -1, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE]) {
    for (const name of ['timeoutMs', 'attemptTimeoutMs', 'connectTimeoutMs', 'maxRequestsPerSecond']) {
      assert.throws(() => emulator.client({ [name]: number }), refused, `${name} ${number}`);
    }
    await assert.rejects(emulator.client().getDeviceCredential(DEVICE, { timeoutMs: number }), refused);
  }
  for (const number of [0, -1, 1.5, Number.NaN]) assert.throws(() => emulator.client({ maxAttempts: number }), refused);
  // Counts above 32 bits and times with a fraction are valid.
  emulator.client({ maxAttempts: 2 ** 40, timeoutMs: 1500.5 });
});

test('closing a client rejects its running call and refuses later ones', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client();
  const call = client.getDeviceCredential('GID_test@@@fault-hang');
  await emulator.until((journal) => journal.calls.length === 1);
  assert.equal(client.isClosed, false);
  client.close();
  assert.equal(client.isClosed, true);
  await assert.rejects(call, { kind: 'InvalidParameter', message: /was closed during the call/ });
  await assert.rejects(client.getDeviceCredential(DEVICE), { kind: 'InvalidParameter' });
  assert.throws(() => client.setAccessKey({ accessKeyId: 'id', accessKeySecret: 'a-s3cr3t' }), { kind: 'InvalidParameter' });
  client[Symbol.dispose]();
});

test('disposing of a client closes it', { skip: !Symbol.asyncDispose }, async (t) => {
  const emulator = await Emulator.start(t);
  const [first, second] = [emulator.client(), emulator.client()];
  first[Symbol.dispose]();
  await second[Symbol.asyncDispose]();
  assert.deepEqual([first.isClosed, second.isClosed], [true, true]);
  await assert.rejects(second[Symbol.asyncDispose].call({}), TypeError);
});

test('certificates may be bytes of another realm, such as those of a test runner', async (t) => {
  const emulator = await Emulator.start(t);
  const rootCertificatesPem = runInNewContext('new Uint8Array([80, 69, 77])');
  assert.throws(() => emulator.client({ rootCertificatesPem }), { kind: 'InvalidParameter' });
});

test('a replaced key signs the next call', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client({ accessKeyId: 'unknown' });
  await assert.rejects(client.getDeviceCredential(DEVICE), { kind: 'Authentication' });
  client.setAccessKey({ accessKeyId: emulator.options.accessKeyId, accessKeySecret: emulator.options.accessKeySecret });
  assert.equal((await client.getDeviceCredential(DEVICE)).clientId, DEVICE);
});

test('an error has the number of attempts', async (t) => {
  const emulator = await Emulator.start(t);
  const error = await emulator
    .client({ maxAttempts: 1 })
    .getDeviceCredential(THROTTLED)
    .catch((error) => error);
  assert.deepEqual([error.kind, error.retryable, error.attempts], ['Throttled', true, 1]);
});
