'use strict';

const { inspect } = require('node:util');

const { subscribe, unsubscribe } = require('./abort.js');
const { accessKey, callOptions, clientOptions, text } = require('./arguments.js');
const { DeviceCredential } = require('./credential.js');
const { DevcredError } = require('./error.js');
const native = require('./native.js');

const FROM_ENV = Symbol('fromEnv');

class Client {
  #native;
  // The function that resolves each running call, by the call's number.
  #running = new Map();
  #lastCall = 0;

  constructor(options, origin) {
    const { log, logLevel = 'debug', ...checked } = clientOptions(options);
    const nativeOptions = { __proto__: null, ...checked, fromEnv: origin === FROM_ENV };
    const onEvents = eventListener(this.#running, log);
    this.#native = throwIfError(native.open(nativeOptions, log && logLevel, onEvents));
  }

  static fromEnv(overrides) {
    return new Client(overrides, FROM_ENV);
  }

  async getDeviceCredential(clientId, options) {
    return this.#call('GetDeviceCredential', clientId, options);
  }

  async registerDeviceCredential(clientId, options) {
    return this.#call('RegisterDeviceCredential', clientId, options);
  }

  async #call(operation, clientId, options) {
    const checkedId = text('clientId', clientId);
    const { instanceId, timeoutMs, signal } = callOptions(options);
    signal?.throwIfAborted();
    // The addon's numbers have 32 bits.
    const number = (this.#lastCall + 1) >>> 0;
    this.#lastCall = number;
    this.#native.start(number, operation, checkedId, instanceId, timeoutMs);
    const ended = new Promise((resolve) => this.#running.set(number, resolve));
    const cancel = signal && (() => this.#native.cancel(number));
    if (signal) subscribe(signal, cancel);
    if (this.#running.size === 1) this.#native.keepAlive(true);
    // Waiting and creating the error here adds the caller to the error's stack.
    const { credential, error } = await ended;
    if (signal) unsubscribe(signal, cancel);
    if (this.#running.size === 0) this.#native.keepAlive(false);
    if (signal?.aborted) throw signal.reason;
    if (error) throw new DevcredError(error);
    return new DeviceCredential(credential);
  }

  setAccessKey(key) {
    throwIfError(this.#native.setAccessKey(...accessKey(key)));
  }

  close() {
    this.#native.close();
  }
}

if (Symbol.dispose) Object.defineProperty(Client.prototype, Symbol.dispose, { __proto__: null, value: Client.prototype.close });

// The addon returns errors instead of throwing them.
function throwIfError(returned) {
  if (returned && Object.hasOwn(returned, 'kind')) throw new DevcredError(returned);
  return returned;
}

// It must not reference the client: the addon references it while the client lives, so the client
// could never be collected.
function eventListener(running, log) {
  return (nativeEvents) => {
    for (const nativeEvent of nativeEvents) {
      // Without a prototype, properties that the addon leaves out are absent, whatever
      // `Object.prototype` has.
      const event = { __proto__: null, ...nativeEvent };
      if (event.id === undefined) writeLog(log, event);
      else endCall(running, event);
    }
  };
}

function endCall(running, event) {
  const resolve = running.get(event.id);
  running.delete(event.id);
  resolve(event);
}

// It never throws: the events after this one would be lost.
function writeLog(log, { level, message }) {
  try {
    log(level, message);
  } catch (error) {
    // A log function that fails must neither end the program nor go unnoticed.
    process.emitWarning(`the log function of a devcred client threw: ${describe(error)}`, 'DevcredWarning');
  }
}

// A value may have functions that `inspect` calls, and they may throw.
function describe(value) {
  try {
    return inspect(value);
  } catch {
    return `a value of type ${typeof value} that cannot be inspected`;
  }
}

module.exports = { Client };
