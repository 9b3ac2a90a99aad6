import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from './emulator.mjs';

const TOOLS = process.env.DEVCRED_TOOLS;
const NODE_TYPES = ['--types', 'node', '--typeRoots', join(TOOLS, '@types')];

// The compiler options of each kind of project.
const PROJECTS = {
  'an ES module': ['use.mts', '--module', 'node16', ...NODE_TYPES],
  'a CommonJS module': ['use.cts', '--module', 'node16', ...NODE_TYPES],
  'a nodenext module': ['use.mts', '--module', 'nodenext', '--target', 'esnext', '--lib', 'esnext', ...NODE_TYPES],
  'a bundler': ['use.ts', '--module', 'esnext', '--moduleResolution', 'bundler', ...NODE_TYPES],
  'a program without the types of Node.js': ['use.mts', '--module', 'node16', '--types', '', '--lib', 'es2022,dom'],
};

for (const [project, [file, ...flags]] of Object.entries(PROJECTS)) {
  test(`the types work in ${project}`, async (t) => {
    const folder = mkdtempSync(join(process.cwd(), 'types-'));
    t.after(() => rmSync(folder, { recursive: true }));
    copyFileSync('test/types/use.ts', join(folder, file));
    const compile = [
      process.execPath,
      join(TOOLS, 'typescript/bin/tsc'),
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
    ];
    const { code, stdout } = await run([...compile, '--target', 'es2022', ...flags, file], { cwd: folder });
    assert.deepEqual([code, stdout], [0, '']);
  });
}
