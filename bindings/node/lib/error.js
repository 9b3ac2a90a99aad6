'use strict';

const native = require('./native.js');

const ErrorKind = Object.freeze(Object.fromEntries(native.kinds().map((kind) => [kind, kind])));

// The registry of symbols is shared by the process: a program may load two copies of this package.
const BRAND = Symbol.for('devcred.DevcredError');

const PROPERTIES = [
  ...['kind', 'clientId', 'instanceId', 'code', 'httpStatus', 'requestId', 'retryable', 'possiblyBilled'],
  ...['retryAfterMs', 'attempts', 'helpUrl', 'advice'],
];

class DevcredError extends Error {
  #text;

  constructor(error) {
    super(error.text);
    this.#text = error.text;
    // V8 formats the stack when it is first read. Read it now, so that it begins with the whole
    // text instead of the message.
    this.stack;
    Object.defineProperty(this, 'message', { __proto__: null, value: error.message });
    for (const name of PROPERTIES) if (Object.hasOwn(error, name)) this[name] = error[name];
  }

  toString() {
    return this.#text;
  }

  static [Symbol.hasInstance](value) {
    // A subclass has its own instances.
    if (this !== DevcredError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && value[BRAND] === true;
  }
}

Object.defineProperty(DevcredError.prototype, 'name', {
  __proto__: null,
  value: 'DevcredError',
  writable: true,
  configurable: true,
});
Object.defineProperty(DevcredError.prototype, BRAND, { __proto__: null, value: true });

// Creates the error for a string that JavaScript has and UTF-8 has not: converted to UTF-8, it
// would be another string, such as another device's id.
function notUnicode(name) {
  return new DevcredError(native.notUnicode(name));
}

module.exports = { DevcredError, ErrorKind, notUnicode };
