// The npm packages.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
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
// The names of the platform packages that were packed.
const packed = () =>
  tarballs()
    .map((tarball) => basename(tarball).replace(/-[^-]*$/, ''))
    .filter((name) => name !== 'devcred');
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

test('the loader knows every platform package, which has the version of the main one', () => {
  const main = manifest(SOURCES);
  const platforms = readdirSync(`${SOURCES}/npm`).filter((name) => name !== 'README.md');
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
  const literals = readFileSync(require.resolve('devcred'), 'utf8').matchAll(/\brequire\("devcred-([^"]*)"\)/g);
  assert.deepEqual([...literals].map(([, platform]) => platform).sort(), platforms.sort());
});

test('the package depends only on the platform packages that were packed with it', () => {
  const { version, scripts, dependencies, optionalDependencies } = manifest(dirname(require.resolve('devcred')));
  assert.deepEqual(optionalDependencies, Object.fromEntries(packed().map((name) => [name, version])));
  assert.deepEqual([scripts, dependencies, manifest(SOURCES).optionalDependencies], [undefined, undefined, undefined]);
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
  const required = [...text.matchAll(/\brequire\(([^)]*)\)/g)].map(([, name]) => name);
  assert.deepEqual(new Set(required.filter((name) => !name.startsWith('"devcred-'))), new Set(['"node:util"']));
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

// Loads the package on a platform, in a project that contains these packages, and returns the error.
async function loadError(t, { platform = 'linux', arch = 'x64', libc = 'glibc', packages = {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'devcred-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(packages)) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'index.js'), text);
  }
  writeFileSync(join(folder, 'index.cjs'), readFileSync(require.resolve('devcred')));
  const header = libc === 'glibc' ? { glibcVersionRuntime: '2.17' } : {};
  const program = `
    import { createRequire } from 'node:module';
    for (const [name, value] of Object.entries(${JSON.stringify({ platform, arch })}))
      Object.defineProperty(process, name, { value });
    process.report.getReport = () => (${JSON.stringify({ header })});
    try { createRequire(process.cwd() + '/')('./index.cjs'); } catch ({ message, cause }) { console.log(message, cause?.message); }
  `;
  return (await run(program, { cwd: folder })).stdout;
}

test('the error for a platform without an addon lists the platforms', async (t) => {
  for (const [system, where] of [
    ['aix ppc64', { platform: 'aix', arch: 'ppc64' }],
    ['darwin arm64', { platform: 'darwin', arch: 'arm64' }],
    [`linux ${process.arch} with musl`, { arch: process.arch, libc: 'musl' }],
  ]) {
    const error = await loadError(t, where);
    assert(error.startsWith(`devcred has no addon for ${system}; this version has ${packed().join(', ')} `), error);
  }
});

const PLATFORM_PACKAGE = `devcred-linux-${process.arch}-gnu`;

test('the error for a missing addon says what to do', async (t) => {
  const error = await loadError(t, { arch: process.arch });
  assert.match(error, new RegExp(`: the package ${PLATFORM_PACKAGE} is not installed\\..*--omit=optional.* bundle `));
  assert.match(error, /Cannot find module/);
});

test('the error for an addon that does not load contains the reason', async (t) => {
  const fails = { [PLATFORM_PACKAGE]: "throw new Error('GLIBC_2.99 not found')" };
  const error = await loadError(t, { arch: process.arch, packages: fails });
  assert.match(
    error,
    new RegExp(`^devcred cannot load its addon for linux \\w+, ${PLATFORM_PACKAGE}: GLIBC_2\\.99 not found `),
  );
  const incomplete = await loadError(t, { arch: process.arch, packages: { [PLATFORM_PACKAGE]: "require('./lost.node')" } });
  assert.match(incomplete, /^devcred cannot load its addon .*: Cannot find module '\.\/lost\.node'/);
});
