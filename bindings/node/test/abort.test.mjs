import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { DEVICE, Emulator, LIMIT } from './emulator.mjs';

const HANGS = 'GID_test@@@fault-hang';

// A call that is not cancelled runs longer than a test may.
const LONG_TIMEOUTS = { timeoutMs: 3_600_000, attemptTimeoutMs: 3_600_000 };
const limit = { timeout: LIMIT };

// The only open connection is the one that requests the journal.
const isDisconnected = (journal) => journal.open_connections === 1;

test('a call with an aborted signal sends nothing', async (t) => {
  const emulator = await Emulator.start(t);
  const reason = new Error('no longer wanted');
  await assert.rejects(emulator.client().getDeviceCredential(DEVICE, { signal: AbortSignal.abort(reason) }), reason);
  assert.equal((await emulator.journal()).calls.length, 0);
});

test('aborting a call rejects it with the reason and closes its connection', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const controller = new AbortController();
  const call = emulator.client(LONG_TIMEOUTS).getDeviceCredential(HANGS, { signal: controller.signal });
  await emulator.until((journal) => journal.calls.length === 1);
  controller.abort('no longer wanted');
  // Any value can be a reason.
  assert.equal(await call.catch((reason) => reason), 'no longer wanted');
  await emulator.until(isDisconnected);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('a call can be aborted as soon as it has started', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const controller = new AbortController();
  const call = emulator.client(LONG_TIMEOUTS).getDeviceCredential(HANGS, { signal: controller.signal });
  controller.abort();
  await assert.rejects(call, { name: 'AbortError' });
  await emulator.until(isDisconnected);
});

test('aborting after the call has no effect, and no listener remains', async (t) => {
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

test('one signal aborts many calls and closes their connections', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const warnings = [];
  process.on('warning', (warning) => warnings.push(warning));
  const controller = new AbortController();
  const { signal } = controller;
  const client = emulator.client(LONG_TIMEOUTS);
  let aborts = 0;
  signal.onabort = () => aborts++;
  const calls = Array.from({ length: 100 }, () => client.getDeviceCredential(HANGS, { signal }));
  const outcomes = Promise.allSettled(calls);
  // Ten calls are a burst; the rate limiter delays many of the others.
  await emulator.until((journal) => journal.calls.length >= 10);
  controller.abort();
  assert((await outcomes).every(({ reason }) => reason === signal.reason));
  await emulator.until(isDisconnected);
  assert.equal(aborts, 1, "the caller's handler must still be called");
  assert.deepEqual(warnings, []);
});

test('AbortSignal.timeout and AbortSignal.any abort a call', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client(LONG_TIMEOUTS);
  await assert.rejects(client.getDeviceCredential(HANGS, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(LONG_TIMEOUTS.timeoutMs)]);
  const call = client.getDeviceCredential(HANGS, { signal });
  controller.abort();
  await assert.rejects(call, { name: 'AbortError' });
  await emulator.until(isDisconnected);
});

test('aborting a call that the rate limiter delays sends nothing', limit, async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client({ ...LONG_TIMEOUTS, maxRequestsPerSecond: 1 });
  const controller = new AbortController();
  // Ten calls are a burst, and the others start one per second: the last one would start after the
  // test's time limit.
  const length = 10 + (2 * LIMIT) / 1000;
  const calls = Array.from({ length }, () => client.getDeviceCredential(DEVICE, { signal: controller.signal }));
  const outcomes = Promise.allSettled(calls);
  await emulator.until((journal) => journal.calls.length >= 10);
  controller.abort();
  assert.equal((await outcomes).at(-1).reason.name, 'AbortError');
  assert((await emulator.journal()).calls.length < length);
});
