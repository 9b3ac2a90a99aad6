'use strict';

const { inspect } = require('node:util');

const { subscribe, unsubscribe } = require('./abort.js');
const { accessKey, callOptions, clientOptions, text } = require('./arguments.js');
const { fromAddon } = require('./credential.js');
const { variables } = require('./environment.js');
const { DevcredError } = require('./error.js');
const native = require('./native.js');

const FROM_ENV = Symbol('fromEnv');

class Client {
  #native;
  // The function that resolves each running call, by the call's number.
  #running = new Map();
  #lastCall = 0;
  #isClosed = false;

  constructor(options, origin) {
    const { log, logLevel = 'debug', ...checked } = clientOptions(options);
    const nativeOptions = { __proto__: null, ...checked, fromEnv: origin === FROM_ENV };
    const onEvents = eventListener(this.#running, log);
    this.#native = throwIfError(native.open(nativeOptions, variables(), log && logLevel, onEvents));
  }

  static fromEnv(overrides) {
    return new Client(overrides, FROM_ENV);
  }

  getDeviceCredential(clientId, options) {
    return Client.#call(this, 'GetDeviceCredential', clientId, options);
  }

  registerDeviceCredential(clientId, options) {
    return Client.#call(this, 'RegisterDeviceCredential', clientId, options);
  }

  // Static, so that any wrong argument rejects the promise, also a wrong `this`.
  static async #call(client, operation, clientId, options) {
    const nativeClient = client.#native;
    const running = client.#running;
    const checkedId = text('clientId', clientId);
    const { instanceId, timeoutMs, signal } = callOptions(options);
    signal?.throwIfAborted();
    // The addon's numbers have 32 bits.
    const number = (client.#lastCall + 1) >>> 0;
    client.#lastCall = number;
    nativeClient.start(number, operation, checkedId, instanceId, timeoutMs, signal !== undefined);
    const ended = new Promise((resolve) => running.set(number, resolve));
    const cancel = signal && (() => nativeClient.cancel(number));
    if (signal) subscribe(signal, cancel);
    if (running.size === 1) nativeClient.keepAlive(true);
    // Waiting and creating the error here adds the caller to the error's stack.
    const [, credential, error] = await ended;
    if (signal) unsubscribe(signal, cancel);
    if (running.size === 0) nativeClient.keepAlive(false);
    if (signal?.aborted) throw signal.reason;
    if (error) throw new DevcredError(error);
    return fromAddon(credential);
  }

  setAccessKey(key) {
    throwIfError(this.#native.setAccessKey(...accessKey(key)));
  }

  get isClosed() {
    return this.#isClosed;
  }

  close() {
    this.#native.close();
    this.#isClosed = true;
  }
}

async function closeAsync() {
  this.close();
}

// Some versions of Node.js 20 lack the symbols of `using` and `await using`.
for (const [name, value] of Object.entries({ dispose: Client.prototype.close, asyncDispose: closeAsync })) {
  if (Symbol[name]) Object.defineProperty(Client.prototype, Symbol[name], { __proto__: null, value });
}

// The addon returns errors instead of throwing them.
function throwIfError(returned) {
  if (returned && Object.hasOwn(returned, 'kind')) throw new DevcredError(returned);
  return returned;
}

// It must not reference the client: the addon references it while the client lives, so the client
// could never be collected.
function eventListener(running, log) {
  return (events) => {
    for (const event of events) {
      if (typeof event[0] === 'number') endCall(running, event);
      else writeLog(log, event);
    }
  };
}

function endCall(running, event) {
  const [number] = event;
  const resolve = running.get(number);
  running.delete(number);
  resolve(event);
}

// It never throws: the events after this one would be lost.
function writeLog(log, [level, message]) {
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
