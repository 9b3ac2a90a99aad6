// A server that returns the MQTT login of a device to the app that the device belongs to. The app
// needs no AccessKey and never receives the device's secret, only what it sends in CONNECT.
//
//   APP_TOKENS='{"a-token-of-the-app": "GID_app@@@phone-1"}' PORT=8080 node app-server.mjs
//   curl -X POST -H 'Authorization: Bearer a-token-of-the-app' http://127.0.0.1:8080/mqtt-login
//
// The AccessKey, the region and the instance come from the environment, as in get.mjs. A real
// server stores each login, because it stays valid and each call is billed, and looks tokens up in
// its user database.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Client, DevcredError } from 'devcred';

// One client for all requests: it has the connections, the AccessKey and the rate limiter.
const client = Client.fromEnv();

// Tokens are compared by digest, so the time of a comparison reveals nothing about them.
const digest = (token) => createHash('sha256').update(token).digest('hex');
const tokens = Object.entries(JSON.parse(process.env.APP_TOKENS ?? '{}'));
const devices = new Map(tokens.map(([token, device]) => [digest(token), device]));

// The errors that an app can act on. Any other, such as a refused AccessKey, is a fault of this
// server: 500.
const STATUS = { NotFound: 404, Throttled: 503, Timeout: 504, Transport: 502, Service: 502, InvalidResponse: 502 };

function respond(response, status, body, headers) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

async function login(request, response) {
  if (request.method !== 'POST' || request.url !== '/mqtt-login') return respond(response, 404, { error: 'no such route' });
  const [, token = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  const device = devices.get(digest(token));
  // Swift's Foundation on Linux crashes on a challenge without a parameter.
  if (!device) return respond(response, 401, { error: 'unknown token' }, { 'WWW-Authenticate': 'Bearer realm="mqtt-login"' });

  // If the app disconnects, the call to the service is cancelled.
  const disconnected = new AbortController();
  response.once('close', () => disconnected.abort());
  try {
    const credential = await client.getDeviceCredential(device, { signal: disconnected.signal });
    respond(response, 200, credential.mqttLogin().reveal());
  } catch (error) {
    if (disconnected.signal.aborted) return;
    if (!(error instanceof DevcredError)) throw error;
    console.error(`${device}: ${error}`);
    const headers = error.kind === 'Throttled' ? { 'Retry-After': '1' } : {};
    respond(response, STATUS[error.kind] ?? 500, { error: error.kind }, headers);
  }
}

const server = createServer(login);
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
process.once('SIGTERM', () => server.close(() => client.close()));
