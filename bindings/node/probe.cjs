// The probe of Node.js: it makes calls through the package as npm has installed it, and says what it saw. tests/README.md has the
// protocol.
'use strict';

const assert = require('node:assert');
const { createInterface } = require('node:readline');
const { setTimeout: sleep } = require('node:timers/promises');
const { inspect } = require('node:util');
const { Client, DevcredError, ErrorKind } = require('devcred');
const { version } = require('devcred/package.json');

const CLIENT_OPTIONS = {
  access_key_id: 'accessKeyId',
  access_key_secret: 'accessKeySecret',
  security_token: 'securityToken',
  region: 'region',
  network: 'network',
  endpoint: 'endpoint',
  instance_id: 'instanceId',
  signature: 'signature',
  timeout_ms: 'timeoutMs',
  attempt_timeout_ms: 'attemptTimeoutMs',
  connect_timeout_ms: 'connectTimeoutMs',
  max_attempts: 'maxAttempts',
  max_requests_per_second: 'maxRequestsPerSecond',
  root_certificates_pem: 'rootCertificatesPem',
  proxy: 'proxy',
};
const CALL_OPTIONS = { call_instance_id: 'instanceId', call_timeout_ms: 'timeoutMs' };
const NEW_KEY = {
  new_access_key_id: 'accessKeyId',
  new_access_key_secret: 'accessKeySecret',
  new_security_token: 'securityToken',
};
const ERROR_MEMBERS = ['kind', 'code', 'message', 'httpStatus', 'requestId', 'retryable', 'attempts', 'helpUrl', 'advice'];
const IS_NUMBER = /_ms$|^max_|^calls$|^repeat$/;

// encodeURIComponent leaves these; the protocol does not.
const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function parse(line) {
  const pairs = line.split('&').map((pair) => pair.split('=').map(decodeURIComponent));
  return Object.fromEntries(pairs.map(([key, value]) => [key, IS_NUMBER.test(key) ? Number(value) : value]));
}

function say(pairs) {
  const present = Object.entries(pairs).filter(([, value]) => value !== undefined);
  process.stdout.write(`${present.map(([key, value]) => `${key}=${encode(value)}`).join('&')}\n`);
}

function options(asked, names) {
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [name, asked[key]]));
}

async function replaceKey(client, asked) {
  await sleep(asked.replace_key_after_ms);
  try {
    client.setAccessKey(options(asked, NEW_KEY));
  } catch (error) {
    return { key_refused: error.kind };
  }
}

async function round(client, asked, signal) {
  const length = asked.calls ?? 1;
  const ids = Array.from({ length }, (_, n) => (length > 1 ? `${asked.client_id}-${n}` : asked.client_id));
  const calls = ids.map((id) => client.getDeviceCredential(id, { ...options(asked, CALL_OPTIONS), signal }));
  const ended = await Promise.allSettled(calls);
  const isRight = ({ value }, n) => !value || value.clientId === ids[n];
  assert(ended.every(isRight), 'a credential of another call');
  return ended;
}

async function rounds(client, asked) {
  const ended = [];
  let refused;
  for (let n = 0; n < (asked.repeat ?? 1); n++) {
    const replaced = n === 0 && 'replace_key_after_ms' in asked && replaceKey(client, asked);
    const signal = n === 0 && 'cancel_after_ms' in asked ? AbortSignal.timeout(asked.cancel_after_ms) : undefined;
    ended.push(...(await round(client, asked, signal)));
    refused ??= await replaced;
  }
  return [ended, refused];
}

// Every way in which Node.js makes a text of a value by default.
function texts(value) {
  const everything = { showHidden: true, getters: true, depth: Infinity };
  return [String(value), inspect(value), inspect(value, everything), JSON.stringify(value)].join('\n');
}

function error(reason) {
  if (reason.name === 'TimeoutError') return { outcome: 'cancelled' };
  assert(reason instanceof DevcredError, reason);
  const members = ERROR_MEMBERS.filter((name) => reason[name] !== undefined);
  const text = `${texts(reason)}\n${reason.stack}`;
  return { outcome: 'error', text, ...Object.fromEntries(members.map((name) => [snake(name), reason[name]])) };
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

// It stays open until the next line, so that nothing but the cancellation can end a cancelled call.
let client;

async function answer(asked) {
  const log = (level, message) => process.stderr.write(`devcred ${level} ${message}\n`);
  const given = { ...options(asked, CLIENT_OPTIONS), log, logLevel: 'trace' };
  client?.close();
  client = undefined;
  try {
    client = asked.from_env ? Client.fromEnv(given) : new Client(given);
  } catch (refusal) {
    return { ok: 0, failed: 1, ...error(refusal) };
  }
  const client_text = texts(client);
  const [ended, refused] = await rounds(client, asked);
  const failed = ended.filter(({ reason }) => reason);
  const seen = failed.length ? error(failed[0].reason) : ok(ended[0].value);
  return { ok: ended.length - failed.length, failed: failed.length, client_text, ...seen, ...refused };
}

(async () => {
  say({ probe: 'node', version, kinds: Object.keys(ErrorKind).join(',') });
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = parse(line);
    say({ case: asked.case, ...(await answer(asked)) });
  }
  client?.close();
})();
