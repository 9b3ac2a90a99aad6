// Creates the packages for npm: `node pack.mjs ADDON STAGE PACKAGES ESBUILD`, with the addon that was
// built for this machine. The `files` of a package list its contents; those that are outside its
// folder are copied with the others to STAGE first.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [addon, stage, packages, esbuild] = process.argv.slice(2);
const sources = dirname(fileURLToPath(import.meta.url));
mkdirSync(packages, { recursive: true });
const { arch, platform } = process;
const platformPackage = { linux: `linux-${arch}-gnu`, win32: `win32-${arch}-msvc` }[platform] ?? `${platform}-${arch}`;

// Bundles the modules into one, because Node.js needs milliseconds to find and load seven.
function bundle(to) {
  const options = ['--bundle', '--platform=node', '--target=node20', '--keep-names', '--log-level=warning', `--outfile=${to}`];
  execFileSync(esbuild, ['index.js', ...options], { cwd: sources, stdio: ['ignore', 'inherit', 'inherit'] });
}

function pack(from, more) {
  const { name, files } = JSON.parse(readFileSync(join(from, 'package.json')));
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
const index = join(stage, 'index.js');
bundle(index);
pack(sources, { LICENSE, 'docs/reference.md': reference, 'index.js': index });
pack(join(sources, 'npm', platformPackage), { LICENSE, 'README.md': join(sources, 'npm/README.md'), 'devcred.node': addon });
