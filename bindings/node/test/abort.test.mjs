import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { DEVICE, Emulator, LIMIT } from './emulator.mjs';

const HANGS = 'GID_test@@@fault-hang';

// Calls that are not cancelled outlast the limit of every test.
const PATIENT = { timeoutMs: 3_600_000, attemptTimeoutMs: 3_600_000 };
const limit = { timeout: LIMIT };

// A connection of ours: the one that asks for the journal is another.
const isAnswered = (journal) => journal.open_connections === 1;

test('a signal that was aborted before: nothing is sent', async (t) => {
  const emulator = await Emulator.start(t);
  const reason = new Error('no longer wanted');
  await assert.rejects(emulator.client().getDeviceCredential(DEVICE, { signal: AbortSignal.abort(reason) }), reason);
  assert.equal((await emulator.journal()).calls.length, 0);
});

test('a signal that is aborted meanwhile: the call is rejected with its reason, its connection closed', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const controller = new AbortController();
  const call = emulator.client(PATIENT).getDeviceCredential(HANGS, { signal: controller.signal });
  await emulator.until((journal) => journal.calls.length === 1);
  controller.abort('no longer wanted');
  // Any value may be a reason.
  assert.equal(await call.catch((reason) => reason), 'no longer wanted');
  await emulator.until(isAnswered);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('a signal that is aborted as soon as the call has begun', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const controller = new AbortController();
  const call = emulator.client(PATIENT).getDeviceCredential(HANGS, { signal: controller.signal });
  controller.abort();
  await assert.rejects(call, { name: 'AbortError' });
  await emulator.until(isAnswered);
});

test('a signal that is aborted afterwards changes nothing, and no listener is left', async (t) => {
  const emulator = await Emulator.start(t);
  const controller = new AbortController();
  const { signal } = controller;
  const client = emulator.client();
  assert.equal((await client.getDeviceCredential(DEVICE, { signal })).clientId, DEVICE);
  await assert.rejects(client.getDeviceCredential('', { signal }), { kind: 'InvalidParameter' });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  controller.abort();
  assert.equal((await client.getDeviceCredential(DEVICE)).clientId, DEVICE);
});

test('one signal for many calls: all are rejected, and their connections closed', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const warnings = [];
  process.on('warning', (warning) => warnings.push(warning));
  const controller = new AbortController();
  const { signal } = controller;
  const client = emulator.client(PATIENT);
  let reasons = 0;
  signal.onabort = () => reasons++;
  const calls = Array.from({ length: 100 }, () => client.getDeviceCredential(HANGS, { signal }));
  const ended = Promise.allSettled(calls);
  // Ten are a burst; of the others, many wait for their turn.
  await emulator.until((journal) => journal.calls.length >= 10);
  controller.abort();
  assert((await ended).every(({ reason }) => reason === signal.reason));
  await emulator.until(isAnswered);
  assert.equal(reasons, 1, "the caller's own handler stays");
  assert.deepEqual(warnings, []);
});

test('AbortSignal.timeout and AbortSignal.any', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client(PATIENT);
  await assert.rejects(client.getDeviceCredential(HANGS, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(PATIENT.timeoutMs)]);
  const call = client.getDeviceCredential(HANGS, { signal });
  controller.abort();
  await assert.rejects(call, { name: 'AbortError' });
  await emulator.until(isAnswered);
});

test('a call that waits for its turn is cancelled too, and sends nothing', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client({ ...PATIENT, maxRequestsPerSecond: 1 });
  const controller = new AbortController();
  // Ten are a burst, and the others have a second each: the last one would wait beyond the limit of the test.
  const length = 10 + (2 * LIMIT) / 1000;
  const calls = Array.from({ length }, () => client.getDeviceCredential(DEVICE, { signal: controller.signal }));
  const ended = Promise.allSettled(calls);
  await emulator.until((journal) => journal.calls.length >= 10);
  controller.abort();
  assert.equal((await ended).at(-1).reason.name, 'AbortError');
  assert((await emulator.journal()).calls.length < length);
});
