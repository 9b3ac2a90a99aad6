// Hands out the MQTT login of a device to an app that may act for it. The app needs no AccessKey, and never sees the device's own
// secret: it gets what goes into CONNECT and nothing else.
//
//   APP_TOKENS='{"a-token-of-the-app": "GID_app@@@phone-1"}' PORT=8080 node app-server.mjs
//   curl -X POST -H 'Authorization: Bearer a-token-of-the-app' http://127.0.0.1:8080/mqtt-login
//
// The AccessKey, the region and the instance come from the environment, as in get.mjs. A real server stores each login, since it
// stays valid and each fetch is billed, and looks tokens up where it keeps its users.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Client, DevcredError } from 'devcred';

// One for all requests: it has the connections, the key and the pace.
const client = Client.fromEnv();

// Looked up by its digest, a token cannot be guessed letter by letter from the time that a comparison takes.
const digest = (token) => createHash('sha256').update(token).digest('hex');
const tokens = Object.entries(JSON.parse(process.env.APP_TOKENS ?? '{}'));
const devices = new Map(tokens.map(([token, device]) => [digest(token), device]));

// What the app can act on. Everything else, such as a key that the service refuses, is this server's own fault: 500.
const STATUS = { NotFound: 404, Throttled: 503, Timeout: 504, Transport: 502, Service: 502, InvalidResponse: 502 };

function answer(response, status, body, headers) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

async function login(request, response) {
  if (request.method !== 'POST' || request.url !== '/mqtt-login') return answer(response, 404, { error: 'no such route' });
  const [, token = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  const device = devices.get(digest(token));
  // Swift's Foundation on Linux crashes on a challenge without a parameter.
  if (!device) return answer(response, 401, { error: 'unknown token' }, { 'WWW-Authenticate': 'Bearer realm="mqtt-login"' });

  // An app that has gone away needs no answer: then the call to the service ends too.
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const credential = await client.getDeviceCredential(device, { signal: gone.signal });
    answer(response, 200, credential.mqttLogin().reveal());
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof DevcredError)) throw error;
    console.error(`${device}: ${error}`);
    const headers = error.kind === 'Throttled' ? { 'Retry-After': '1' } : {};
    answer(response, STATUS[error.kind] ?? 500, { error: error.kind }, headers);
  }
}

const server = createServer(login);
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
process.once('SIGTERM', () => server.close(() => client.close()));
