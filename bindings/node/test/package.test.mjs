// The npm packages.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { DEVICE, Emulator, INSTANCE, ROOT, run } from './emulator.mjs';

const require = createRequire(import.meta.url);
const PACKAGES = process.env.DEVCRED_PACKAGES;
const SOURCES = `${ROOT}/bindings/node`;
const ADDON = require.resolve(`devcred-linux-${process.arch}-gnu`);

const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json')));
const tarballs = () =>
  readdirSync(PACKAGES)
    .filter((file) => file.endsWith('.tgz'))
    .map((file) => join(PACKAGES, file));
const listed = (tarball) => execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n').sort();

test('import and require return the same objects', async () => {
  const imported = await import('devcred');
  const required = require('devcred');
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
  assert(Object.entries(imported).every(([name, value]) => value === required[name]));
});

test('the types declare exactly the exports', () => {
  const types = readFileSync(`${SOURCES}/index.d.ts`, 'utf8');
  const declared = [...types.matchAll(/^export (?:class|const) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), Object.keys(require('devcred')).sort());
});

test('every platform package is an optional dependency of the same version', () => {
  const main = manifest(SOURCES);
  const platforms = readdirSync(`${SOURCES}/npm`).filter((name) => name !== 'README.md');
  assert.deepEqual(main.optionalDependencies, Object.fromEntries(platforms.map((name) => [`devcred-${name}`, main.version])));
  for (const platform of platforms) {
    const { name, version, os, cpu, libc, scripts } = manifest(`${SOURCES}/npm/${platform}`);
    const [system, processor, environment] = platform.split('-');
    assert.deepEqual(
      { name, version, os, cpu },
      { name: `devcred-${platform}`, version: main.version, os: [system], cpu: [processor] },
    );
    assert.deepEqual(libc, { gnu: ['glibc'], musl: ['musl'] }[environment]);
    assert.equal(scripts, undefined);
  }
  assert.deepEqual([main.scripts, main.dependencies], [undefined, undefined]);
});

test('the packages contain only the necessary files', () => {
  const [main, platform] = tarballs().sort();
  assert.deepEqual(
    listed(main),
    ['LICENSE', 'README.md', 'docs/reference.md', 'index.d.mts', 'index.d.ts', 'index.js', 'index.mjs', 'package.json'].map(
      (file) => `package/${file}`,
    ),
  );
  assert.deepEqual(
    listed(platform),
    ['LICENSE', 'README.md', 'devcred.node', 'package.json'].map((file) => `package/${file}`),
  );
});

test('the package is one module, with the names of its classes and without a path of the build machine', () => {
  const text = readFileSync(require.resolve('devcred'), 'utf8');
  assert.deepEqual(new Set(text.match(/\brequire\([^)]*\)/g)), new Set(['require("node:util")', 'require(name)']));
  for (const folder of [ROOT, process.env.HOME]) assert(!text.includes(folder), folder);
  const classes = Object.entries(require('devcred')).filter(([, value]) => typeof value === 'function');
  assert.deepEqual(
    classes.map(([, { name }]) => name),
    classes.map(([name]) => name),
  );
});

test('the addon needs only glibc 2.17', { skip: process.platform !== 'linux' }, () => {
  const readelf = (...flags) => execFileSync('readelf', [...flags, ADDON], { encoding: 'utf8' });
  const needed = [...readelf('-d').matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name.replace(/\.so.*/, ''));
  const glibcLibraries = [
    'ld-linux-x86-64',
    'ld-linux-aarch64',
    'libc',
    'libdl',
    'libm',
    'libpthread',
    'librt',
    'libgcc_s',
    'libutil',
  ];
  assert(needed.length > 0);
  assert.deepEqual(
    needed.filter((name) => !glibcLibraries.includes(name)),
    [],
  );
  const versions = [...readelf('-V').matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  assert(Math.max(...versions) <= 17, `glibc 2.${Math.max(...versions)}`);
});

test('the addon exports only napi functions and contains no path of the build machine', () => {
  const exported = execFileSync('nm', ['-D', '--defined-only', ADDON], { encoding: 'utf8' }).trim().split('\n');
  const names = exported.map((line) => line.split(' ').at(-1));
  assert(names.includes('napi_register_module_v1'));
  assert(
    names.every((name) => name.startsWith('napi_')),
    names,
  );
  const bytes = readFileSync(ADDON, 'latin1');
  for (const folder of [ROOT, process.env.HOME, '/.cargo/', '/.rustup/']) assert(!bytes.includes(folder), folder);
});

test('in an empty folder, without Rust, npm installs the packages and the example runs', async (t) => {
  const emulator = await Emulator.start(t);
  const folder = mkdtempSync(join(tmpdir(), 'devcred-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // The PATH contains only Node.js, npm and sh.
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  const npm = join(dirname(process.execPath), 'npm');
  for (const [name, path] of Object.entries({ node: process.execPath, npm, sh: '/bin/sh' }))
    symlinkSync(path, join(programs, name));
  const env = { PATH: programs, HOME: folder, npm_config_cache: join(folder, 'cache'), npm_config_update_notifier: 'false' };
  const project = join(folder, 'project');
  mkdirSync(project);
  const runInProject = async (words, variables) => {
    const { code, stdout, stderr } = await run(words, { cwd: project, env: { ...env, ...variables } });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await runInProject(['npm', 'install', '--offline', '--no-audit', '--no-fund', ...tarballs()]);
  const [, example] = /```js\n([^`]*)```/.exec(readFileSync(`${SOURCES}/README.md`, 'utf8'));
  writeFileSync(join(project, 'example.mjs'), example);
  const required = "const { Client } = require('devcred');";
  writeFileSync(join(project, 'example.cjs'), `${required}\n(async () => {${example.replace(/^import.*/m, '')}})();`);
  for (const program of ['example.mjs', 'example.cjs']) {
    const username = new RegExp(`^DeviceCredential\\|[^|]+\\|${INSTANCE}\n$`);
    assert.match(await runInProject(['node', program, DEVICE], emulator.env), username);
  }
});

// Loads the addon in a project that contains these platform packages.
async function loadWith(t, packages) {
  const folder = mkdtempSync(join(tmpdir(), 'devcred-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(packages)) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'index.js'), text);
  }
  writeFileSync(join(folder, 'index.js'), readFileSync(require.resolve('devcred')));
  const program = "require('./index.js')";
  return run([process.execPath, '-e', program], { cwd: folder });
}

test('the error for a missing addon says what to do', async (t) => {
  const { code, stderr } = await loadWith(t, {});
  assert.equal(code, 1);
  const { platform, arch } = process;
  assert.match(stderr, new RegExp(`no addon for ${platform} ${arch} here: devcred-${platform}-${arch}.*--omit=optional`, 's'));
});

test('the error for an addon that does not load contains the reason', { skip: process.platform !== 'linux' }, async (t) => {
  const [gnu, musl] = ['gnu', 'musl'].map((libc) => `devcred-linux-${process.arch}-${libc}`);
  const fails = "throw new Error('GLIBC_2.99 not found')";
  const { code, stderr } = await loadWith(t, { [gnu]: fails });
  assert.equal(code, 1);
  assert.match(stderr, /devcred cannot load its addon for linux \w+: GLIBC_2\.99 not found/);
  // If both are installed, the one that loads is used.
  assert.equal((await loadWith(t, { [gnu]: fails, [musl]: 'exports.kinds = () => [];' })).code, 0);
});
