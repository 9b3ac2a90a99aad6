'use strict';

const { Client } = require('./lib/client.js');
const { DeviceCredential, MqttLogin } = require('./lib/credential.js');
const { DevcredError, ErrorKind } = require('./lib/error.js');

module.exports = { Client, DevcredError, DeviceCredential, ErrorKind, MqttLogin };
