// Where programs, threads and objects end. Each program is one of its own: a crash is its exit code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEVICE, Emulator, LIMIT, run } from './emulator.mjs';

const HANGS = 'GID_test@@@fault-hang';
const IMPORT = `
  import { once } from 'node:events';
  import { Worker } from 'node:worker_threads';
  import { Client } from 'devcred';
  import { journalOf } from './test/emulator.mjs';
`;
const CALL = `${IMPORT} const client = Client.fromEnv(); const call = client.getDeviceCredential('${HANGS}');`;

async function ends(t, program, { emulator, ...options } = {}) {
  const env = (emulator ?? (await Emulator.start(t))).env;
  const { code, signal, stdout, stderr } = await run(program, { ...options, env });
  return { code, signal, stdout: stdout.trim(), stderr };
}

const clean = { code: 0, signal: null, stdout: '', stderr: '' };

test('an idle client does not keep the program running', { timeout: LIMIT }, async (t) => {
  assert.deepEqual(await ends(t, `${IMPORT} globalThis.client = Client.fromEnv();`), clean);
  const used = `${IMPORT} globalThis.client = Client.fromEnv(); await client.getDeviceCredential('${DEVICE}');`;
  assert.deepEqual(await ends(t, used), clean);
});

test('a call that runs does, and the last of several decides', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT} const client = Client.fromEnv();
    for (const id of ['${DEVICE}', 'GID_test@@@fault-slow-300'])
      client.getDeviceCredential(id).then((credential) => console.log(credential.clientId));
  `;
  assert.deepEqual(await ends(t, program), { ...clean, stdout: `${DEVICE}\nGID_test@@@fault-slow-300` });
});

test('a client that is collected while its call runs: the call ends as it would', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    const call = Client.fromEnv().getDeviceCredential('GID_test@@@fault-slow-300');
    const collecting = setInterval(gc, 10);
    console.log((await call).clientId);
    clearInterval(collecting);
  `;
  const seen = await ends(t, program, { flags: ['--expose-gc'] });
  assert.deepEqual(seen, { ...clean, stdout: 'GID_test@@@fault-slow-300' });
});

test('a client that nothing holds is collected, and its connections are closed', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    for (let n = 0; n < 20; n++) {
      const client = Client.fromEnv({ log() {} });
      registry.register(client);
      await client.getDeviceCredential('${DEVICE}');
    }
    while (collected < 19) await new Promise((turn) => setTimeout(turn, gc()));
    while ((await journalOf(process.env.DEVCRED_ENDPOINT)).open_connections > 2);
  `;
  assert.deepEqual(await ends(t, program, { flags: ['--expose-gc'] }), clean);
});

test('V8 knows of the memory of clients, and collects those that were dropped', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    let [made, collected] = [0, 0];
    const registry = new FinalizationRegistry(() => collected++);
    // Their objects in JavaScript are small: without their other memory nothing would be collected for long.
    for (; collected === 0 && made < 1000; made++) {
      registry.register(Client.fromEnv());
      await new Promise(setImmediate);
    }
    console.log(collected > 0);
  `;
  assert.deepEqual(await ends(t, program), { ...clean, stdout: 'true' });
});

test('a program that exits while calls run keeps its exit code', { timeout: LIMIT }, async (t) => {
  const emulator = await Emulator.start(t);
  for (const [how, code] of [
    ['setTimeout(() => process.exit(7), 100);', 7],
    ['process.exit(3);', 3],
    ['process.exitCode = 9; setTimeout(() => { call.catch(() => {}); client.close(); }, 100);', 9],
  ]) {
    const calls = `for (let n = 0; n < 9; n++) client.getDeviceCredential('${DEVICE}');`;
    assert.deepEqual(await ends(t, `${CALL} ${calls} ${how}`, { emulator }), { ...clean, code }, how);
  }
});

test('a program that fails while a call runs says why', { timeout: LIMIT }, async (t) => {
  const { code, signal, stderr } = await ends(t, `${CALL} setTimeout(() => { throw new Error('its own fault'); }, 50);`);
  assert.deepEqual([code, signal], [1, null]);
  assert.match(stderr, /its own fault/);
});

test('calls that are begun when the program exits are no harm', { timeout: LIMIT }, async (t) => {
  const program = `${CALL} process.on('exit', () => { client.getDeviceCredential('${DEVICE}'); client.close(); Client.fromEnv(); });
    setTimeout(() => process.exit(4), 50);`;
  assert.deepEqual(await ends(t, program), { ...clean, code: 4 });
});

test('a rejection that is handled is no unhandled one', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    process.on('unhandledRejection', (error) => { console.error('unhandled', error); process.exitCode = 1; });
    const client = Client.fromEnv();
    const controller = new AbortController();
    const { signal } = controller;
    const calls = ['', 'x', '${HANGS}', '${HANGS}'].map((id, n) => client.getDeviceCredential(id, n % 2 ? { signal } : {}));
    const ended = Promise.allSettled(calls);
    setTimeout(() => { controller.abort(); client.close(); }, 50);
    console.log((await ended).filter(({ status }) => status === 'rejected').length);
  `;
  assert.deepEqual(await ends(t, program, {}), { ...clean, stdout: '3' });
});

test('a thousand calls at once', { timeout: LIMIT }, async (t) => {
  const emulator = await Emulator.start(t);
  const client = emulator.client({ maxRequestsPerSecond: 1_000_000 });
  const ids = Array.from({ length: 1000 }, (_, n) => `${DEVICE}-${n}`);
  const credentials = await Promise.all(ids.map((id) => client.getDeviceCredential(id)));
  assert.deepEqual(
    credentials.map(({ clientId }) => clientId),
    ids,
  );
  assert.equal(new Set(credentials.map(({ deviceAccessKeySecret }) => deviceAccessKeySecret)).size, 1000);
});

const WORKER = `const { Client } = require('devcred'); const { parentPort } = require('node:worker_threads');`;

test('worker threads have clients of their own', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    const text = \`${WORKER}
      const client = Client.fromEnv({ log() {} });
      client.getDeviceCredential('${DEVICE}').then(({ clientId }) => parentPort.postMessage(clientId));
    \`;
    const workers = Array.from({ length: 8 }, () => new Worker(text, { eval: true, execArgv: [] }));
    const exits = workers.map((worker) => once(worker, 'exit'));
    const ids = await Promise.all(workers.map((worker) => once(worker, 'message')));
    console.log(ids.join(), (await Promise.all(exits)).join());
  `;
  assert.deepEqual(await ends(t, program), { ...clean, stdout: `${Array(8).fill(DEVICE)} ${Array(8).fill(0)}` });
});

test('worker threads that end, or are ended while their calls run, 200 times', { timeout: LIMIT * 2 }, async (t) => {
  const program = `${IMPORT}
    const text = (then) => \`${WORKER}
      const client = Client.fromEnv({ maxRequestsPerSecond: 1000000, log() {} });
      for (let n = 0; n < 5; n++) client.getDeviceCredential('${DEVICE}').catch(() => {});
      client.getDeviceCredential('${HANGS}').catch(() => {});
      \${then}
    \`;
    // Some while their calls are being sent, some while answers arrive, some by themselves.
    const ways = [
      ["parentPort.postMessage('');", (worker) => worker.terminate()],
      ["client.getDeviceCredential('${DEVICE}').then(() => parentPort.postMessage(''));", (worker) => worker.terminate()],
      ["parentPort.postMessage(''); process.exit();", () => {}],
      ["client.getDeviceCredential('${DEVICE}').then(() => { parentPort.postMessage(''); client.close(); });", () => {}],
    ];
    const client = Client.fromEnv({ maxRequestsPerSecond: 1000000 });
    for (let n = 0; n < 200; n++) {
      const [then, end] = ways[n % ways.length];
      const worker = new Worker(text(then), { eval: true, execArgv: [] });
      const exit = once(worker, 'exit');
      await once(worker, 'message');
      end(worker);
      await exit;
    }
    console.log((await client.getDeviceCredential('${DEVICE}')).clientId);
  `;
  assert.deepEqual(await ends(t, program), { ...clean, stdout: DEVICE });
});

test('the calls of a worker thread that was ended are ended too', { timeout: LIMIT }, async (t) => {
  const emulator = await Emulator.start(t);
  const patient = '{ timeoutMs: 3600000, attemptTimeoutMs: 3600000 }';
  const program = `${IMPORT}
    const text = \`${WORKER} Client.fromEnv(${patient}).getDeviceCredential('${HANGS}');\`;
    const worker = new Worker(text, { eval: true, execArgv: [] });
    const journal = () => journalOf(process.env.DEVCRED_ENDPOINT);
    while ((await journal()).calls.length === 0);
    await worker.terminate();
    while ((await journal()).open_connections > 1);
  `;
  assert.deepEqual(await ends(t, program, { emulator }), clean);
});
