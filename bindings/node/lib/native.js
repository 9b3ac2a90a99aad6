'use strict';

// Loads the addon. Each platform has its own package; npm installs the right one by the `os`, `cpu`
// and `libc` of its package.json.

const { platform, arch } = process;

// The C library of a Linux need not be detected: the package for the other one is not installed, or
// does not load.
const names = {
  __proto__: null,
  linux: [`devcred-linux-${arch}-gnu`, `devcred-linux-${arch}-musl`],
  win32: [`devcred-win32-${arch}-msvc`],
}[platform] ?? [`devcred-${platform}-${arch}`];

function load() {
  const causes = [];
  for (const name of names) {
    try {
      return require(name);
    } catch (cause) {
      const isMissing = cause.code === 'MODULE_NOT_FOUND' && cause.message.includes(`'${name}'`);
      if (!isMissing) causes.push(cause);
    }
  }
  const [cause] = causes;
  if (cause) throw new Error(`devcred cannot load its addon for ${platform} ${arch}: ${cause.message}`, { cause });
  throw new Error(
    `devcred has no addon for ${platform} ${arch} here: ${names.join(' or ')} is not installed. If npm has this package, ` +
      'install without --omit=optional (--no-optional), on the platform that the program runs on, and with a lock file ' +
      'that was not written for another platform.',
  );
}

module.exports = load();
