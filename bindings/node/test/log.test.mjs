import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { DEVICE, Emulator, LIMIT, run } from './emulator.mjs';

const TWICE = 'GID_test@@@fault-InternalError-1';

test('the log function receives the events of its client before the call ends', async (t) => {
  const emulator = await Emulator.start(t);
  const [events, otherEvents] = [[], []];
  const client = emulator.client({ log: (level, message) => events.push([level, message]) });
  const other = emulator.client({ log: (...event) => otherEvents.push(event) });
  await client.getDeviceCredential(TWICE);
  assert.deepEqual(
    events.map(([level, message]) => [level, message.split(' operation=')[0]]),
    [
      ['debug', 'attempt ended'],
      ['warn', 'attempt failed, retrying'],
      ['debug', 'attempt ended'],
    ],
  );
  assert.deepEqual(otherEvents, []);
  await other.getDeviceCredential(DEVICE);
  assert.equal(otherEvents.length, 1);
});

test('a level filters events, and a level without a log function has no effect', async (t) => {
  const emulator = await Emulator.start(t);
  const levels = [];
  await emulator.client({ log: (level) => levels.push(level), logLevel: 'warn' }).getDeviceCredential(TWICE);
  assert.deepEqual(levels, ['warn']);
  await emulator.client({ logLevel: 'trace' }).getDeviceCredential(DEVICE);
  assert.throws(() => emulator.client({ log() {}, logLevel: 'loud' }), { kind: 'InvalidParameter', message: /level/ });
});

test('a log function that throws causes a warning, and the call continues', async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client({
    log() {
      throw new Error('the disk is full');
    },
  });
  const warned = once(process, 'warning');
  assert.equal((await client.getDeviceCredential(DEVICE)).clientId, DEVICE);
  const [warning] = await warned;
  assert.equal(warning.name, 'DevcredWarning');
  assert.match(warning.message, /the disk is full/);
});

test('a log function that throws a value which cannot be inspected loses no outcome', { timeout: LIMIT }, async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client({
    log() {
      throw {
        [inspect.custom]() {
          throw new Error('not inspectable');
        },
      };
    },
  });
  const warned = once(process, 'warning');
  const credentials = await Promise.all(Array.from({ length: 20 }, () => client.getDeviceCredential(DEVICE)));
  assert(credentials.every(({ clientId }) => clientId === DEVICE));
  assert.match((await warned)[0].message, /cannot be inspected/);
});

test('a log function does not keep the program running', async (t) => {
  const emulator = await Emulator.start(t);
  const program = `
    import { Client } from 'devcred';
    const client = Client.fromEnv({ log: (level) => console.log(level) });
    await client.getDeviceCredential('${DEVICE}');
  `;
  const { code, stdout, stderr } = await run(program, { env: emulator.env });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'debug\n', stderr: '' });
});
