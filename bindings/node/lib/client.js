'use strict';

const { inspect } = require('node:util');

const { follow, release } = require('./abort.js');
const { accessKey, callOptions, clientOptions, text } = require('./arguments.js');
const { DeviceCredential } = require('./credential.js');
const { DevcredError } = require('./error.js');
const native = require('./native.js');

const FROM_ENV = Symbol('fromEnv');

class Client {
  #native;
  // What waits for each call that runs, by the call's number.
  #running = new Map();
  #lastCall = 0;

  constructor(options, origin) {
    const { log, logLevel = log && 'debug', ...checked } = clientOptions(options);
    const toOpen = { __proto__: null, ...checked, logLevel: log && logLevel, fromEnv: origin === FROM_ENV };
    this.#native = accepted(native.open(toOpen, listener(this.#running, log)));
  }

  static fromEnv(overrides) {
    return new Client(overrides, FROM_ENV);
  }

  async getDeviceCredential(clientId, options) {
    const checkedId = text('clientId', clientId);
    const { instanceId, timeoutMs, signal } = callOptions(options);
    signal?.throwIfAborted();
    // The addon counts in 32 bits.
    const number = (this.#lastCall + 1) >>> 0;
    this.#lastCall = number;
    this.#native.start(number, checkedId, instanceId, timeoutMs);
    const ended = new Promise((resolve) => this.#running.set(number, resolve));
    const cancel = signal && (() => this.#native.cancel(number));
    if (signal) follow(signal, cancel);
    this.#native.keepAlive(true);
    // Waiting here, and making the error here, gives it a stack that leads to the caller.
    const { credential, failure } = await ended;
    if (signal) release(signal, cancel);
    if (this.#running.size === 0) this.#native.keepAlive(false);
    if (signal?.aborted) throw signal.reason;
    if (failure) throw new DevcredError(failure);
    return new DeviceCredential(credential);
  }

  setAccessKey(key) {
    accepted(this.#native.setAccessKey(...accessKey(key)));
  }

  close() {
    this.#native.close();
  }
}

if (Symbol.dispose) Object.defineProperty(Client.prototype, Symbol.dispose, { __proto__: null, value: Client.prototype.close });

// The addon throws nothing of its own: it returns a refusal.
function accepted(returned) {
  if (returned && Object.hasOwn(returned, 'kind')) throw new DevcredError(returned);
  return returned;
}

// It must not hold the client, which could never be collected then: the addon holds it as long as it has the client.
function listener(running, log) {
  return (told) => {
    // What the addon leaves out is absent, whatever `Object.prototype` has.
    const event = { __proto__: null, ...told };
    if (event.id === undefined) {
      tell(log, event);
      return;
    }
    const resolve = running.get(event.id);
    running.delete(event.id);
    resolve(event);
  };
}

function tell(log, { level, message }) {
  try {
    log(level, message);
  } catch (error) {
    // A log that fails is no reason to end the program, and none to be silent.
    process.emitWarning(`the log function of a devcred client threw: ${inspect(error)}`, 'DevcredWarning');
  }
}

module.exports = { Client };
