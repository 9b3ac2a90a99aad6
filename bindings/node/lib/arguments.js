'use strict';

// Checks the types of arguments. A wrong type is a TypeError, as everywhere in Node.js, and never
// shows the value, which may be a secret. The core checks everything else.

const { isUint8Array } = require('node:util').types;

const { notUnicode } = require('./error.js');

function wrongType(name, expected, value) {
  return new TypeError(`${name} must be ${expected}, not ${value === null ? 'null' : typeof value}`);
}

function text(name, value) {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  if (!value.isWellFormed()) throw notUnicode(name);
  return value;
}

function number(name, value) {
  if (typeof value !== 'number') throw wrongType(name, 'a number', value);
  return value;
}

function integer(name, value) {
  if (!Number.isSafeInteger(value)) throw wrongType(name, 'an integer', value);
  return value;
}

function pem(name, value) {
  // Unlike `instanceof`, it recognizes the arrays of another realm, such as those of a jest test.
  if (isUint8Array(value)) return new TextDecoder().decode(value);
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
  maxConnections: number,
  maxConnecting: number,
  maxRequestsPerSecond: number,
  rootCertificatesPem: pem,
  proxy: text,
  log: logFunction,
  logLevel: text,
};

const CALL_OPTIONS = { instanceId: text, timeoutMs: number, signal };

// Returns the checked properties of an object, in an object without a prototype, so that neither
// this package nor the addon reads an option from `Object.prototype`. An unknown name is refused,
// because it is probably a misspelled option.
function properties(owner, checks, object) {
  const checked = { __proto__: null };
  if (object === undefined) return checked;
  if (typeof object !== 'object' || object === null) throw wrongType(owner, 'an object', object);
  for (const name of Object.keys(object)) {
    if (!Object.hasOwn(checks, name)) {
      throw new TypeError(`${owner}: unknown option ${JSON.stringify(name)}; expected ${Object.keys(checks).join(', ')}`);
    }
    if (object[name] !== undefined) checked[name] = checks[name](name, object[name]);
  }
  return checked;
}

const REVEALED_CREDENTIAL = {
  clientId: text,
  instanceId: text,
  deviceAccessKeyId: text,
  deviceAccessKeySecret: text,
  createTimeMs: integer,
  updateTimeMs: integer,
  requestId: text,
};

const REVEALED_LOGIN = { clientId: text, username: text, password: text };

// Returns the checked members of what a program stored. Other members are ignored, because a later
// version may have written it.
function members(owner, checks, object) {
  if (typeof object !== 'object' || object === null) throw wrongType(owner, 'an object', object);
  const checked = { __proto__: null };
  for (const name of Object.keys(checks))
    checked[name] = checks[name](name, Object.hasOwn(object, name) ? object[name] : undefined);
  return checked;
}

function accessKey(key) {
  const { accessKeyId, accessKeySecret, securityToken } = properties('an AccessKey', ACCESS_KEY, key);
  return [text('accessKeyId', accessKeyId), text('accessKeySecret', accessKeySecret), securityToken];
}

module.exports = {
  accessKey,
  text,
  revealedCredential: (revealed) => members('a revealed credential', REVEALED_CREDENTIAL, revealed),
  revealedLogin: (revealed) => Object.values(members('a revealed login', REVEALED_LOGIN, revealed)),
  callOptions: (options) => properties('the options of a call', CALL_OPTIONS, options),
  clientOptions: (options) => properties('the options of a client', OPTIONS, options),
};
