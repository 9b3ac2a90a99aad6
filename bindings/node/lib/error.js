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

  constructor(members) {
    const error = { retryable: false, possiblyBilled: false, attempts: 0, ...members };
    const text = error.text ?? defaultText(error);
    super(text);
    this.#text = text;
    // V8 formats the stack when it is first read. Read it now, so that it begins with the whole
    // text instead of the message.
    this.stack;
    Object.defineProperty(this, 'message', { __proto__: null, value: error.message });
    for (const name of PROPERTIES) if (Object.hasOwn(error, name)) this[name] = error[name];
  }

  toString() {
    return this.#text;
  }

  // `message` is not enumerable, as in every Error.
  toJSON() {
    return { name: this.name, message: this.message, ...this };
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

// Returns the text that the addon's errors have.
function defaultText({ kind, message, code, requestId, advice }) {
  const details = [code, requestId && `request id ${requestId}`].filter(Boolean).join(', ');
  return `${kind}: ${message}${details && ` (${details})`}${advice ? `\n${advice}` : ''}`;
}

// Creates the error for a string that JavaScript has and UTF-8 has not: converted to UTF-8, it
// would be another string, such as another device's id.
function notUnicode(name) {
  return new DevcredError(native.notUnicode(name));
}

module.exports = { DevcredError, ErrorKind, notUnicode };
