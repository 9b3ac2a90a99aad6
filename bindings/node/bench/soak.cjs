// The Node.js program of `cargo xtask soak`; tests/soak/src/main.rs documents the protocol.
'use strict';

const { createInterface } = require('node:readline');
const { Client, DevcredError } = require('devcred');

const [endpoint, accessKeyId, accessKeySecret, instanceId, timeoutMs, attemptTimeoutMs] = process.argv.slice(2);
const client = new Client({
  endpoint,
  accessKeyId,
  accessKeySecret,
  instanceId,
  timeoutMs: Number(timeoutMs),
  attemptTimeoutMs: Number(attemptTimeoutMs),
  maxRequestsPerSecond: 1_000_000,
});
const controllers = new Map();

async function fetchOutcome(clientId, signal) {
  try {
    const credential = await client.getDeviceCredential(clientId, { signal });
    const login = credential.mqttLogin().reveal();
    return `ok ${login.clientId} ${login.username} ${login.password}`;
  } catch (error) {
    if (error instanceof DevcredError) return `error ${error.kind}`;
    if (error === signal.reason) return 'cancelled';
    throw error;
  }
}

async function start(number, clientId) {
  const controller = new AbortController();
  controllers.set(number, controller);
  const outcome = await fetchOutcome(clientId, controller.signal);
  controllers.delete(number);
  process.stdout.write(`${number} ${outcome}\n`);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const [verb, number, clientId] = line.split(' ');
  if (verb === 'start') start(number, clientId);
  else controllers.get(number)?.abort();
});
