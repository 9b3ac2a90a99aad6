'use strict';

const { inspect } = require('node:util');

const { revealedCredential, revealedLogin } = require('./arguments.js');
const { DevcredError } = require('./error.js');
const native = require('./native.js');

const HIDDEN = '<hidden: use reveal()>';

// Secrets are private fields, so code that iterates over the properties of an object does not find
// them. With FROM_ADDON, the constructors take the addon's arrays, which have the order of the
// bridge's tables.
const FROM_ADDON = Symbol('fromAddon');

class DeviceCredential {
  #secret;
  // A property would make two credentials differ that only two requests have fetched.
  #requestId;
  #createTimeMs;
  #updateTimeMs;
  #mqttLogin;

  constructor(source, origin) {
    const fields = origin === FROM_ADDON ? source : restore(source);
    const [clientId, instanceId, deviceAccessKeyId, secret, createTimeMs, updateTimeMs, requestId, mqttLogin] = fields;
    this.clientId = clientId;
    this.instanceId = instanceId;
    this.deviceAccessKeyId = deviceAccessKeyId;
    this.#requestId = requestId;
    this.#secret = secret;
    this.#createTimeMs = createTimeMs;
    this.#updateTimeMs = updateTimeMs;
    this.#mqttLogin = new MqttLogin(mqttLogin, FROM_ADDON);
    Object.freeze(this);
  }

  static fromRevealed(revealed) {
    return new DeviceCredential(revealed);
  }

  get requestId() {
    return this.#requestId;
  }

  get deviceAccessKeySecret() {
    return this.#secret;
  }

  // Returns a new Date each time, because a caller can change a Date.
  get createTime() {
    return new Date(this.#createTimeMs);
  }

  get updateTime() {
    return new Date(this.#updateTimeMs);
  }

  mqttLogin() {
    return this.#mqttLogin;
  }

  equals(other) {
    if (typeof other !== 'object' || other === null || !(#secret in other)) return false;
    const [ours, theirs] = [this, other].map((credential) => ({ ...credential.reveal(), requestId: '' }));
    return Object.keys(ours).every((name) => ours[name] === theirs[name]);
  }

  reveal() {
    const { clientId, instanceId, deviceAccessKeyId } = this;
    const [deviceAccessKeySecret, createTimeMs, updateTimeMs] = [this.#secret, this.#createTimeMs, this.#updateTimeMs];
    const requestId = this.#requestId;
    return { clientId, instanceId, deviceAccessKeyId, deviceAccessKeySecret, createTimeMs, updateTimeMs, requestId };
  }

  // It has the form of `reveal()`, so that reading back what was stored by mistake is refused
  // because of the secret.
  toJSON() {
    return { ...this.reveal(), deviceAccessKeySecret: HIDDEN };
  }

  toString() {
    return inspect(this);
  }

  [inspect.custom](_depth, options) {
    const { createTimeMs, updateTimeMs, requestId, ...ids } = this.toJSON();
    const { createTime, updateTime } = this;
    return `DeviceCredential ${inspect({ ...ids, createTime, updateTime, requestId }, options)}`;
  }
}

class MqttLogin {
  #password;

  constructor(source, origin) {
    const [clientId, username, password] = origin === FROM_ADDON ? source : revealedLogin(source);
    this.clientId = clientId;
    this.username = username;
    this.#password = password;
    Object.freeze(this);
  }

  reveal() {
    return { clientId: this.clientId, username: this.username, password: this.#password };
  }

  toJSON() {
    return { ...this.reveal(), password: HIDDEN };
  }

  toString() {
    return inspect(this);
  }

  [inspect.custom](_depth, options) {
    return `MqttLogin ${inspect(this.toJSON(), options)}`;
  }
}

function restore(revealed) {
  const restored = native.restore(revealedCredential(revealed));
  if (!Array.isArray(restored)) throw new DevcredError(restored);
  return restored;
}

// Creates the credential that the addon returned.
function fromAddon(fields) {
  return new DeviceCredential(fields, FROM_ADDON);
}

module.exports = { DeviceCredential, MqttLogin, fromAddon };
