// The probe of Node.js: it makes calls with the package as npm installed it and reports the
// results. tests/README.md describes the protocol.
'use strict';

const assert = require('node:assert');
const { createInterface } = require('node:readline');
const { setTimeout: sleep } = require('node:timers/promises');
const { inspect } = require('node:util');
const { Client, DevcredError, DeviceCredential, ErrorKind } = require('devcred');
const { version } = require('devcred/package.json');

// Keys that begin so configure calls; every other key that is not below is an option of the client.
const CALL_OPTION = /^call_/;
const NEW_KEY = /^new_/;
const INSTRUCTIONS =
  /^(case|operation|client_id|calls|repeat|from_env|cancel_after_ms|replace_key_after_ms|restore|call_.*|new_.*)$/;
const ERROR_PROPERTIES = [
  ...['kind', 'code', 'message', 'clientId', 'instanceId', 'httpStatus', 'requestId', 'retryable', 'possiblyBilled'],
  ...['retryAfterMs', 'attempts', 'helpUrl', 'advice'],
];
const IS_NUMBER = /_ms$|^max_|^calls$|^repeat$/;

// The protocol encodes these too; encodeURIComponent does not.
const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

function parse(line) {
  const pairs = line.split('&').map((pair) => pair.split('=').map(decodeURIComponent));
  return Object.fromEntries(pairs.map(([key, value]) => [key, IS_NUMBER.test(key) ? Number(value) : value]));
}

function print(pairs) {
  const present = Object.entries(pairs).filter(([, value]) => value !== undefined);
  process.stdout.write(`${present.map(([key, value]) => `${key}=${encode(value)}`).join('&')}\n`);
}

// Returns the options whose keys match, named as in JavaScript and without the matched prefix.
function options(input, matches, prefix = '') {
  const pairs = Object.entries(input).filter(([key]) => matches(key));
  return Object.fromEntries(pairs.map(([key, value]) => [camel(key.replace(prefix, '')), value]));
}

async function replaceKey(client, input) {
  await sleep(input.replace_key_after_ms);
  try {
    client.setAccessKey(options(input, (key) => NEW_KEY.test(key), NEW_KEY));
  } catch (error) {
    return { key_refused: error.kind };
  }
}

async function round(client, input, signal) {
  const length = input.calls ?? 1;
  const ids = Array.from({ length }, (_, n) => (length > 1 ? `${input.client_id}-${n}` : input.client_id));
  const { operation = 'GetDeviceCredential' } = input;
  const method = operation[0].toLowerCase() + operation.slice(1);
  const callOptions = { ...options(input, (key) => CALL_OPTION.test(key), CALL_OPTION), signal };
  const calls = ids.map((id) => client[method](id, callOptions));
  const ended = await Promise.allSettled(calls);
  const isForId = ({ value }, n) => !value || value.clientId === ids[n];
  assert(ended.every(isForId), 'a credential of another call');
  return ended;
}

async function rounds(client, input) {
  const ended = [];
  let refused;
  for (let n = 0; n < (input.repeat ?? 1); n++) {
    const replaced = n === 0 && 'replace_key_after_ms' in input && replaceKey(client, input);
    const signal = n === 0 && 'cancel_after_ms' in input ? AbortSignal.timeout(input.cancel_after_ms) : undefined;
    ended.push(...(await round(client, input, signal)));
    refused ??= await replaced;
  }
  return [ended, refused];
}

// Returns every text that Node.js makes of a value by default.
function texts(value) {
  const everything = { showHidden: true, getters: true, depth: Infinity };
  return [String(value), inspect(value), inspect(value, everything), JSON.stringify(value)].join('\n');
}

function error(reason) {
  if (reason.name === 'TimeoutError') return { outcome: 'cancelled' };
  assert(reason instanceof DevcredError, reason);
  const properties = ERROR_PROPERTIES.filter((name) => reason[name] !== undefined);
  const text = `${texts(reason)}\n${reason.stack}`;
  return { outcome: 'error', text, ...Object.fromEntries(properties.map((name) => [snake(name), reason[name]])) };
}

function ok(credential) {
  const login = credential.mqttLogin();
  const revealed = Object.entries(login.reveal()).map(([name, value]) => [`mqtt_${snake(name)}`, value]);
  return {
    outcome: 'ok',
    text: `${texts(credential)}\n${texts(login)}`,
    client_id: credential.clientId,
    instance_id: credential.instanceId,
    device_access_key_id: credential.deviceAccessKeyId,
    device_access_key_secret: credential.deviceAccessKeySecret,
    request_id: credential.requestId,
    create_time_ms: credential.createTime.getTime(),
    update_time_ms: credential.updateTime.getTime(),
    ...Object.fromEntries(revealed),
  };
}

// Stores the credential as JSON as the line requests, and restores it.
function restored(ending, form) {
  if (ending.reason || !form) return ending;
  const stored = JSON.stringify(form === 'masked' ? ending.value : ending.value.reveal());
  try {
    const value = DeviceCredential.fromRevealed(JSON.parse(stored));
    assert(value.equals(ending.value), 'another credential was restored');
    return { value };
  } catch (reason) {
    return { reason };
  }
}

// It stays open until the next line, so that only the cancellation can end a cancelled call.
let client;

async function run(input) {
  const log = (level, message) => process.stderr.write(`devcred ${level} ${message}\n`);
  const clientOptions = { ...options(input, (key) => !INSTRUCTIONS.test(key)), log, logLevel: 'trace' };
  client?.close();
  client = undefined;
  try {
    client = input.from_env ? Client.fromEnv(clientOptions) : new Client(clientOptions);
  } catch (refusal) {
    return { ok: 0, failed: 1, ...error(refusal) };
  }
  const client_text = texts(client);
  const [outcomes, refused] = await rounds(client, input);
  const ended = outcomes.map((ending) => restored(ending, input.restore));
  const failed = ended.filter(({ reason }) => reason);
  const result = failed.length ? error(failed[0].reason) : ok(ended[0].value);
  return { ok: ended.length - failed.length, failed: failed.length, client_text, ...result, ...refused };
}

(async () => {
  print({ probe: 'node', version, kinds: Object.keys(ErrorKind).join(',') });
  for await (const line of createInterface({ input: process.stdin })) {
    const input = parse(line);
    print({ case: input.case, ...(await run(input)) });
  }
  client?.close();
})();
