'use strict';

// Loads the addon. Each platform has its own package; npm installs the right one by the `os`, `cpu`
// and `libc` of its package.json.

const { platform, arch } = process;

// The platform packages of this version: pack.mjs replaces the name with the list.
const PACKAGES = DEVCRED_PLATFORM_PACKAGES;

function load() {
  try {
    // Bundlers and file tracers find a package by its literal name, and accept inside of `try` that
    // the others are not installed.
    switch (`${platform} ${arch}`) {
      case 'darwin arm64':
        return require('devcred-darwin-arm64');
      case 'darwin x64':
        return require('devcred-darwin-x64');
      case 'linux arm64':
        return require('devcred-linux-arm64-gnu');
      case 'linux x64':
        return require('devcred-linux-x64-gnu');
      case 'win32 x64':
        return require('devcred-win32-x64-msvc');
    }
  } catch (cause) {
    throw loadError(cause);
  }
  throw loadError();
}

function loadError(cause) {
  const name = PACKAGES.find((name) => name.startsWith(`devcred-${platform}-${arch}`));
  const libc = platform === 'linux' && usesMusl() ? ' with musl' : '';
  if (name === undefined || libc) {
    return new Error(`devcred has no addon for ${platform} ${arch}${libc}; this version has ${PACKAGES.join(', ')}`, { cause });
  }
  if (cause.code === 'MODULE_NOT_FOUND' && cause.message.includes(`'${name}'`)) {
    return new Error(
      `devcred does not find its addon for ${platform} ${arch}: the package ${name} is not installed. Install devcred ` +
        'without --omit=optional (--no-optional), on the platform that the program runs on, and with a lock file that ' +
        'was not written for another platform. A bundle must contain the file devcred.node or leave devcred external.',
      { cause },
    );
  }
  return new Error(`devcred cannot load its addon for ${platform} ${arch}, ${name}: ${cause.message}`, { cause });
}

function usesMusl() {
  const { report } = process;
  if (!report) return false;
  // Otherwise the report looks up the names of the peers of connections.
  report.excludeNetwork = true;
  return report.getReport().header.glibcVersionRuntime === undefined;
}

module.exports = load();
