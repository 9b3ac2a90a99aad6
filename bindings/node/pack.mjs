// Builds the npm packages with the addon of this platform: `node pack.mjs ADDON STAGE PACKAGES`.
// The `files` of a package.json list the contents of the package; since the licence and the addon
// are in other folders, STAGE receives copies of everything first.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [addon, stage, packages] = process.argv.slice(2);
const sources = dirname(fileURLToPath(import.meta.url));
mkdirSync(packages, { recursive: true });
const { arch, platform } = process;
const platformPackage = { linux: `linux-${arch}-gnu`, win32: `win32-${arch}-msvc` }[platform] ?? `${platform}-${arch}`;

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

const LICENSE = join(sources, '../../LICENSE');
pack(sources, { LICENSE });
pack(join(sources, 'npm', platformPackage), { LICENSE, 'README.md': join(sources, 'npm/README.md'), 'devcred.node': addon });
