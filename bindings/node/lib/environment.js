'use strict';

const { text } = require('./arguments.js');
const native = require('./native.js');

const NAMES = native.variableNames();

// Returns the variables that a client reads, by name. `process.env` is another than the environment
// of the process in a worker with its own, in a test runner, or if a program has replaced it.
function variables() {
  // biome-ignore lint/style/noProcessEnv: everything else receives the variables from here.
  const env = process.env;
  const found = { __proto__: null };
  for (const name of NAMES) {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) found[name] = text(name, value);
  }
  return found;
}

module.exports = { variables };
