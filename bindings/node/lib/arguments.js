'use strict';

// What an argument must be. A wrong type is a TypeError, as everywhere in Node.js, and never shows the value, which may be a
// secret. What a value must be beyond its type is the core's to say.

const { invalidParameter } = require('./error.js');

function wrongType(name, wanted, value) {
  return new TypeError(`${name} must be ${wanted}, not ${value === null ? 'null' : typeof value}`);
}

function text(name, value) {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  // On its way to UTF-8 it would become another text: another device's id.
  if (!value.isWellFormed()) throw invalidParameter(`${name} is not valid Unicode: it contains a lone surrogate`);
  return value;
}

function number(name, value) {
  if (typeof value !== 'number') throw wrongType(name, 'a number', value);
  return value;
}

function pem(name, value) {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (typeof value !== 'string') throw wrongType(name, 'a string or a Uint8Array', value);
  return text(name, value);
}

function logFunction(name, value) {
  if (typeof value !== 'function') throw wrongType(name, 'a function', value);
  return value;
}

function signal(name, value) {
  const isSignal = typeof value === 'object' && typeof value?.addEventListener === 'function' && 'aborted' in value;
  if (!isSignal) throw wrongType(name, 'an AbortSignal', value);
  return value;
}

const ACCESS_KEY = { accessKeyId: text, accessKeySecret: text, securityToken: text };

const OPTIONS = {
  ...ACCESS_KEY,
  region: text,
  network: text,
  endpoint: text,
  instanceId: text,
  signature: text,
  timeoutMs: number,
  attemptTimeoutMs: number,
  connectTimeoutMs: number,
  maxAttempts: number,
  maxRequestsPerSecond: number,
  rootCertificatesPem: pem,
  proxy: text,
  log: logFunction,
  logLevel: text,
};

const CALL_OPTIONS = { instanceId: text, timeoutMs: number, signal };

// The object's own members, each checked, in an object without a prototype: neither here nor in the addon is a member of
// `Object.prototype` taken for an option. A name that is not known is refused: the option that was meant would be missing.
function members(of, known, given) {
  const taken = { __proto__: null };
  if (given === undefined) return taken;
  if (typeof given !== 'object' || given === null) throw wrongType(of, 'an object', given);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) {
      throw new TypeError(`${of}: unknown option ${JSON.stringify(name)}; expected ${Object.keys(known).join(', ')}`);
    }
    if (given[name] !== undefined) taken[name] = known[name](name, given[name]);
  }
  return taken;
}

function accessKey(given) {
  const { accessKeyId, accessKeySecret, securityToken } = members('an AccessKey', ACCESS_KEY, given);
  return [text('accessKeyId', accessKeyId), text('accessKeySecret', accessKeySecret), securityToken];
}

module.exports = {
  accessKey,
  text,
  callOptions: (given) => members('the options of a call', CALL_OPTIONS, given),
  clientOptions: (given) => members('the options of a client', OPTIONS, given),
};
