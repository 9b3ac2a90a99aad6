// Creates the packages for npm: `node pack.mjs ADDON STAGE PACKAGES ESBUILD`, with the addon that was
// built for this machine. The `files` of a package list its contents; those that are outside its
// folder are copied with the others to STAGE first.
//
// The main package depends on the platform packages that are packed with it, and on no other: if
// npm's registry has not all of them, `npm ci` and yarn fail on every platform.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [addon, stage, packages, esbuild] = process.argv.slice(2);
const sources = dirname(fileURLToPath(import.meta.url));
mkdirSync(packages, { recursive: true });
const { arch, platform } = process;
const platformFolder = { linux: `linux-${arch}-gnu`, win32: `win32-${arch}-msvc` }[platform] ?? `${platform}-${arch}`;
const platformPackages = [`devcred-${platformFolder}`];

const readManifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json')));

// Writes the package.json of the main package.
function writeManifest(to) {
  const manifest = readManifest(sources);
  const optionalDependencies = Object.fromEntries(platformPackages.map((name) => [name, manifest.version]));
  writeFileSync(to, JSON.stringify({ ...manifest, optionalDependencies }, null, 2));
}

// Bundles the modules into one, because Node.js needs milliseconds to find and load seven.
function bundle(to) {
  const options = ['--bundle', '--platform=node', '--target=node20', '--keep-names', '--log-level=warning', `--outfile=${to}`];
  const addons = ['--external:devcred-*', `--define:DEVCRED_PLATFORM_PACKAGES=${JSON.stringify(platformPackages)}`];
  execFileSync(esbuild, ['index.js', ...options, ...addons], { cwd: sources, stdio: ['ignore', 'inherit', 'inherit'] });
}

function pack(from, more) {
  const { name, files } = readManifest(from);
  const staged = join(stage, name);
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(staged, { recursive: true });
  const own = ['package.json', 'README.md', ...files].filter((file) => !(file in more)).map((file) => [file, join(from, file)]);
  for (const [file, path] of [...own, ...Object.entries(more)]) cpSync(path, join(staged, file), { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', packages], {
    cwd: staged,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

const [LICENSE, reference] = ['LICENSE', 'docs/reference.md'].map((file) => join(sources, '../..', file));
mkdirSync(stage, { recursive: true });
const [index, manifest] = ['index.js', 'package.json'].map((file) => join(stage, file));
bundle(index);
writeManifest(manifest);
pack(sources, { LICENSE, 'docs/reference.md': reference, 'index.js': index, 'package.json': manifest });
pack(join(sources, 'npm', platformFolder), { LICENSE, 'README.md': join(sources, 'npm/README.md'), 'devcred.node': addon });
