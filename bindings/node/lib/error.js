'use strict';

const native = require('./native.js');

const ErrorKind = Object.freeze(Object.fromEntries(native.kinds().map((kind) => [kind, kind])));

// The registry of symbols is one for the process: a program may hold two copies of this package.
const BRAND = Symbol.for('devcred.DevcredError');

const MEMBERS = ['kind', 'code', 'httpStatus', 'requestId', 'retryable', 'attempts', 'helpUrl', 'advice'];

class DevcredError extends Error {
  #text;

  constructor(failure) {
    super(failure.text);
    this.#text = failure.text;
    // V8 writes the stack down when it is first read: it shall begin with the whole text, not with the message alone.
    this.stack;
    Object.defineProperty(this, 'message', { __proto__: null, value: failure.message });
    for (const member of MEMBERS) if (Object.hasOwn(failure, member)) this[member] = failure[member];
  }

  toString() {
    return this.#text;
  }

  static [Symbol.hasInstance](value) {
    // A class that is derived from this one has instances of its own.
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

// The refusal of a value that JavaScript has and the core cannot take.
function invalidParameter(message) {
  return new DevcredError(native.invalidParameter(message));
}

module.exports = { DevcredError, ErrorKind, invalidParameter };
