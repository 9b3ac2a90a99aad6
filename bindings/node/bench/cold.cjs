// A program that makes one call: `cold.cjs ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID
// CLIENT_ID`.
'use strict';

const { Client } = require('devcred');

const [endpoint, accessKeyId, accessKeySecret, instanceId, clientId] = process.argv.slice(2);
new Client({ endpoint, accessKeyId, accessKeySecret, instanceId }).getDeviceCredential(clientId);
