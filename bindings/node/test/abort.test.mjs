import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { DEVICE, Emulator } from './emulator.mjs';

const HANGS = 'GID_test@@@fault-hang';

// A connection of ours: the one that asks for the journal is another.
const isAnswered = (journal) => journal.open_connections === 1;

test('a signal that was aborted before: nothing is sent', async (t) => {
  const emulator = await Emulator.start(t);
  const reason = new Error('no longer wanted');
  await assert.rejects(emulator.client().getDeviceCredential(DEVICE, { signal: AbortSignal.abort(reason) }), reason);
  assert.equal((await emulator.journal()).calls.length, 0);
});

test('a signal that is aborted meanwhile: the call is rejected with its reason, and the connection closed', async (t) => {
  const emulator = await Emulator.start(t);
  const controller = new AbortController();
  const call = emulator.client().getDeviceCredential(HANGS, { signal: controller.signal });
  await emulator.until((journal) => journal.calls.length === 1);
  controller.abort('no longer wanted');
  // Any value may be a reason.
  assert.equal(await call.catch((reason) => reason), 'no longer wanted');
  await emulator.until(isAnswered);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('a signal that is aborted as soon as the call has begun', async (t) => {
  const emulator = await Emulator.start(t);
  const controller = new AbortController();
  const call = emulator.client().getDeviceCredential(DEVICE, { signal: controller.signal });
  controller.abort();
  await assert.rejects(call, { name: 'AbortError' });
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

test('one signal for many calls', async (t) => {
  const emulator = await Emulator.start(t);
  const warnings = [];
  process.on('warning', (warning) => warnings.push(warning));
  const controller = new AbortController();
  const { signal } = controller;
  const client = emulator.client();
  let reasons = 0;
  signal.onabort = () => reasons++;
  const calls = Array.from({ length: 100 }, () => client.getDeviceCredential(HANGS, { signal }));
  controller.abort();
  const ended = await Promise.allSettled(calls);
  assert(ended.every(({ reason }) => reason === signal.reason));
  assert.equal(reasons, 1, "the caller's own handler stays");
  assert.deepEqual(warnings, []);
});

test('AbortSignal.timeout and AbortSignal.any', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client();
  await assert.rejects(client.getDeviceCredential(HANGS, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(60_000)]);
  const call = client.getDeviceCredential(HANGS, { signal });
  controller.abort();
  await assert.rejects(call, { name: 'AbortError' });
});

test('a call that waits for its turn is cancelled too, and sends nothing', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client({ maxRequestsPerSecond: 1 });
  const controller = new AbortController();
  // Ten are a burst, and the others have a second each.
  const calls = Array.from({ length: 20 }, () => client.getDeviceCredential(DEVICE, { signal: controller.signal }));
  const ended = Promise.allSettled(calls);
  await emulator.until((journal) => journal.calls.length >= 10);
  controller.abort();
  assert((await ended).some(({ reason }) => reason?.name === 'AbortError'));
  assert((await emulator.journal()).calls.length < 20);
});
