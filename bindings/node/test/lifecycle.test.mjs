// The end of programs, threads and objects. Each program is a process, so that its exit code shows
// a crash.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEVICE, Emulator, LIMIT, run } from './emulator.mjs';

const HANGS = 'GID_test@@@fault-hang';
const IMPORT = `
  import { once } from 'node:events';
  import { Worker } from 'node:worker_threads';
  import { Client } from 'devcred';
  import { fetchJournal } from './test/emulator.mjs';
`;
const CALL = `${IMPORT} const client = Client.fromEnv(); const call = client.getDeviceCredential('${HANGS}');`;

async function runProgram(t, program, { emulator, ...options } = {}) {
  const env = (emulator ?? (await Emulator.start(t))).env;
  const { code, signal, stdout, stderr } = await run(program, { ...options, env });
  return { code, signal, stdout: stdout.trim(), stderr };
}

const clean = { code: 0, signal: null, stdout: '', stderr: '' };

test('an idle client does not keep the program running', { timeout: LIMIT }, async (t) => {
  assert.deepEqual(await runProgram(t, `${IMPORT} globalThis.client = Client.fromEnv();`), clean);
  const used = `${IMPORT} globalThis.client = Client.fromEnv(); await client.getDeviceCredential('${DEVICE}');`;
  assert.deepEqual(await runProgram(t, used), clean);
});

test('a program runs until its last call has ended', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT} const client = Client.fromEnv();
    for (const id of ['${DEVICE}', 'GID_test@@@fault-slow-300'])
      client.getDeviceCredential(id).then((credential) => console.log(credential.clientId));
  `;
  assert.deepEqual(await runProgram(t, program), { ...clean, stdout: `${DEVICE}\nGID_test@@@fault-slow-300` });
});

test('a call completes even if its client is garbage-collected', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    const call = Client.fromEnv().getDeviceCredential('GID_test@@@fault-slow-300');
    const collecting = setInterval(gc, 10);
    console.log((await call).clientId);
    clearInterval(collecting);
  `;
  const outcome = await runProgram(t, program, { flags: ['--expose-gc'] });
  assert.deepEqual(outcome, { ...clean, stdout: 'GID_test@@@fault-slow-300' });
});

test('an unreferenced client is garbage-collected and closes its connections', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    for (let n = 0; n < 20; n++) {
      const client = Client.fromEnv({ log() {} });
      registry.register(client);
      await client.getDeviceCredential('${DEVICE}');
    }
    while (collected < 19) await new Promise((turn) => setTimeout(turn, gc()));
    while ((await fetchJournal(process.env.DEVCRED_ENDPOINT)).open_connections > 2);
  `;
  assert.deepEqual(await runProgram(t, program, { flags: ['--expose-gc'] }), clean);
});

test('V8 counts the native memory of clients, and collects unreferenced ones', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    let [created, collected] = [0, 0];
    const registry = new FinalizationRegistry(() => collected++);
    // The JavaScript objects are small: without the native memory V8 would not collect them soon.
    for (; collected === 0 && created < 1000; created++) {
      registry.register(Client.fromEnv());
      await new Promise(setImmediate);
    }
    console.log(collected > 0);
  `;
  assert.deepEqual(await runProgram(t, program), { ...clean, stdout: 'true' });
});

test('a program that exits during calls keeps its exit code', { timeout: LIMIT }, async (t) => {
  const emulator = await Emulator.start(t);
  for (const [how, code] of [
    ['setTimeout(() => process.exit(7), 100);', 7],
    ['process.exit(3);', 3],
    ['process.exitCode = 9; setTimeout(() => { call.catch(() => {}); client.close(); }, 100);', 9],
  ]) {
    const calls = `for (let n = 0; n < 9; n++) client.getDeviceCredential('${DEVICE}');`;
    assert.deepEqual(await runProgram(t, `${CALL} ${calls} ${how}`, { emulator }), { ...clean, code }, how);
  }
});

test('a program that throws during a call prints its error', { timeout: LIMIT }, async (t) => {
  const { code, signal, stderr } = await runProgram(t, `${CALL} setTimeout(() => { throw new Error('thrown here'); }, 50);`);
  assert.deepEqual([code, signal], [1, null]);
  assert.match(stderr, /thrown here/);
});

test('calls in an exit handler are harmless', { timeout: LIMIT }, async (t) => {
  const program = `${CALL} process.on('exit', () => { client.getDeviceCredential('${DEVICE}'); client.close(); Client.fromEnv(); });
    setTimeout(() => process.exit(4), 50);`;
  assert.deepEqual(await runProgram(t, program), { ...clean, code: 4 });
});

test('a handled rejection is not reported as unhandled', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    process.on('unhandledRejection', (error) => { console.error('unhandled', error); process.exitCode = 1; });
    const client = Client.fromEnv();
    const controller = new AbortController();
    const { signal } = controller;
    const calls = ['', 'x', '${HANGS}', '${HANGS}'].map((id, n) => client.getDeviceCredential(id, n % 2 ? { signal } : {}));
    const outcomes = Promise.allSettled(calls);
    setTimeout(() => { controller.abort(); client.close(); }, 50);
    console.log((await outcomes).filter(({ status }) => status === 'rejected').length);
  `;
  assert.deepEqual(await runProgram(t, program, {}), { ...clean, stdout: '3' });
});

test('a thousand calls run concurrently', { timeout: LIMIT }, async (t) => {
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

test('every worker thread can use clients', { timeout: LIMIT }, async (t) => {
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
  assert.deepEqual(await runProgram(t, program), { ...clean, stdout: `${Array(8).fill(DEVICE)} ${Array(8).fill(0)}` });
});

test('calls that end while JavaScript is busy complete in one event, in order', { timeout: LIMIT }, async (t) => {
  const program = `${IMPORT}
    // 0: the worker waits, 1: it makes a call, 2: its call has ended.
    const state = new Int32Array(new SharedArrayBuffer(4));
    const text = \`${WORKER}
      const { workerData: state } = require('node:worker_threads');
      const end = () => { Atomics.store(state, 0, 2); Atomics.notify(state, 0); };
      Atomics.wait(state, 0, 0);
      Client.fromEnv().getDeviceCredential('${DEVICE}').then(end);
    \`;
    const worker = new Worker(text, { eval: true, execArgv: [], workerData: state });
    await once(worker, 'online');
    const client = Client.fromEnv();
    const order = [];
    const calls = Array.from({ length: 9 }, (_, n) => client.getDeviceCredential('').catch(() => {
      order.push(n);
      // Node.js calls it when it has handled the event.
      process.nextTick(() => order.push('event'));
    }));
    Atomics.store(state, 0, 1);
    Atomics.notify(state, 0);
    // One thread makes the calls of all clients, so the nine calls end before the worker's.
    Atomics.wait(state, 0, 1);
    // The event of the calls and the end of the worker are handled in any order.
    await Promise.all([once(worker, 'exit'), ...calls]);
    setImmediate(() => console.log(order.join()));
  `;
  const expected = [...Array(9).keys(), ...Array(9).fill('event')].join();
  assert.deepEqual(await runProgram(t, program), { ...clean, stdout: expected });
});

test('200 worker threads exit or are terminated during calls', { timeout: LIMIT * 2 }, async (t) => {
  const program = `${IMPORT}
    const text = (then) => \`${WORKER}
      const client = Client.fromEnv({ maxRequestsPerSecond: 1000000, log() {} });
      for (let n = 0; n < 5; n++) client.getDeviceCredential('${DEVICE}').catch(() => {});
      client.getDeviceCredential('${HANGS}').catch(() => {});
      \${then}
    \`;
    // Terminated during requests, terminated during responses, process.exit, normal end.
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
  assert.deepEqual(await runProgram(t, program), { ...clean, stdout: DEVICE });
});

test('terminating a worker thread ends its calls', { timeout: LIMIT }, async (t) => {
  const emulator = await Emulator.start(t);
  const timeouts = '{ timeoutMs: 3600000, attemptTimeoutMs: 3600000 }';
  const program = `${IMPORT}
    const text = \`${WORKER} Client.fromEnv(${timeouts}).getDeviceCredential('${HANGS}');\`;
    const worker = new Worker(text, { eval: true, execArgv: [] });
    const journal = () => fetchJournal(process.env.DEVCRED_ENDPOINT);
    while ((await journal()).calls.length === 0);
    await worker.terminate();
    while ((await journal()).open_connections > 1);
  `;
  assert.deepEqual(await runProgram(t, program, { emulator }), clean);
});
