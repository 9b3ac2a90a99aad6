'use strict';

const { inspect } = require('node:util');

const HIDDEN = '<hidden: use reveal()>';

// Secrets are private fields, so code that iterates over the properties of an object does not find
// them. The constructors take the addon's arrays, which have the order of the bridge's tables.

class DeviceCredential {
  #secret;
  #createTimeMs;
  #updateTimeMs;
  #mqttLogin;

  constructor([clientId, instanceId, deviceAccessKeyId, secret, createTimeMs, updateTimeMs, requestId, mqttLogin]) {
    this.clientId = clientId;
    this.instanceId = instanceId;
    this.deviceAccessKeyId = deviceAccessKeyId;
    this.requestId = requestId;
    this.#secret = secret;
    this.#createTimeMs = createTimeMs;
    this.#updateTimeMs = updateTimeMs;
    this.#mqttLogin = new MqttLogin(mqttLogin);
    Object.freeze(this);
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

  toJSON() {
    const { clientId, instanceId, deviceAccessKeyId, createTime, updateTime, requestId } = this;
    return { clientId, instanceId, deviceAccessKeyId, deviceAccessKeySecret: HIDDEN, createTime, updateTime, requestId };
  }

  toString() {
    return inspect(this);
  }

  [inspect.custom](_depth, options) {
    return `DeviceCredential ${inspect(this.toJSON(), options)}`;
  }
}

class MqttLogin {
  #password;

  constructor([clientId, username, password]) {
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

module.exports = { DeviceCredential, MqttLogin };
