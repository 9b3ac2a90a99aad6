import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEVICE, Emulator, run } from './emulator.mjs';

test('a panic is an error of kind Internal, and the next call works', async (t) => {
  const emulator = await Emulator.start(t);
  // The addon of this project is a debug build, in which this ClientId makes the core panic.
  const project = join(process.cwd(), 'panic');
  t.after(() => rmSync(project, { recursive: true }));
  cpSync('node_modules', join(project, 'node_modules'), { recursive: true });
  const addon = `devcred-${process.platform}-${process.arch}-gnu/devcred.node`;
  cpSync(process.env.DEVCRED_ADDON_THAT_PANICS, join(project, 'node_modules', addon));
  const program = `
    import { Client } from 'devcred';
    const client = Client.fromEnv();
    const [panicked, other] = await Promise.allSettled(
      ['GID_test@@@panic', '${DEVICE}'].map((id) => client.getDeviceCredential(id)));
    console.log(String(panicked.reason), other.value.clientId, (await client.getDeviceCredential('${DEVICE}')).clientId);
  `;
  const { code, stdout, stderr } = await run(program, { cwd: project, env: emulator.env });
  const text = "Internal: internal error in devcred\nReport it, with the panic's text on stderr.";
  assert.deepEqual([code, stdout.trim()], [0, `${text} ${DEVICE} ${DEVICE}`]);
  assert.match(stderr, /a test requested this panic/);
});
