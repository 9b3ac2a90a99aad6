// Tools that copy or bundle a program find the addon: what they write runs in an empty folder.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEVICE, Emulator, INSTANCE, LIMIT, run } from './emulator.mjs';

const TOOLS = process.env.DEVCRED_TOOLS;
const { nodeFileTrace } = createRequire(`${TOOLS}/`)('@vercel/nft');

const CALL = `Client.fromEnv().getDeviceCredential('${DEVICE}').then((credential) => console.log(credential.instanceId));`;
const PROGRAMS = {
  'program.mjs': `import { Client } from 'devcred';\n${CALL}`,
  'program.cjs': `const { Client } = require('devcred');\n${CALL}`,
};

// Returns a folder of the project, where programs find the installed packages, with the programs.
function writePrograms(t) {
  const folder = mkdtempSync(join(process.cwd(), 'bundle-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(folder, name), text);
  return folder;
}

function createEmptyFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'devcred-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function assertRuns(t, path, cwd) {
  const { env } = await Emulator.start(t);
  const { code, stdout, stderr } = await run([process.execPath, path], { cwd, env });
  assert.deepEqual([code, stdout, stderr], [0, `${INSTANCE}\n`, '']);
}

for (const name of Object.keys(PROGRAMS)) {
  // Next.js, Vercel and Netlify copy the files that it lists.
  test(`@vercel/nft lists every file that ${name} needs`, { timeout: LIMIT }, async (t) => {
    const [base, copy] = [process.cwd(), createEmptyFolder(t)];
    const { fileList } = await nodeFileTrace([join(writePrograms(t), name)], { base });
    for (const file of fileList) cpSync(join(base, file), join(copy, file));
    const [program] = [...fileList].filter((file) => file.endsWith(name));
    await assertRuns(t, join(copy, program), copy);
  });

  test(`esbuild bundles ${name} with the addon`, { timeout: LIMIT }, async (t) => {
    const [folder, bundle] = [writePrograms(t), createEmptyFolder(t)];
    const options = ['--bundle', '--platform=node', '--loader:.node=copy', `--outdir=${bundle}`, '--log-level=warning'];
    const { code, stderr } = await run([join(TOOLS, '.bin/esbuild'), join(folder, name), ...options]);
    assert.deepEqual([code, stderr], [0, '']);
    const files = readdirSync(bundle);
    assert.deepEqual([files.length, files.some((file) => file.endsWith('.node'))], [2, true], files);
    await assertRuns(t, join(bundle, 'program.js'), bundle);
  });
}
