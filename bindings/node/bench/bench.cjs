// The Node.js program of `cargo xtask bench`.
// `bench.cjs ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID CLIENT_ID` reads lines
// `CALLS AT_ONCE` and prints `CPU WALL`, both in nanoseconds, for each. `bench.cjs --version` prints
// versions.
'use strict';

const { createInterface } = require('node:readline');
const { Client } = require('devcred');

const [endpoint, accessKeyId, accessKeySecret, instanceId, clientId] = process.argv.slice(2);

async function main() {
  if (endpoint === '--version') {
    console.log(`devcred ${require('devcred/package.json').version}, Node.js ${process.versions.node}`);
    return;
  }
  const client = new Client({ endpoint, accessKeyId, accessKeySecret, instanceId, maxRequestsPerSecond: 1_000_000 });
  for await (const line of createInterface({ input: process.stdin })) {
    const [calls, concurrency] = line.split(' ').map(Number);
    await run(client, concurrency, 20); // Opens connections and fills caches.
    const [cpu, wall] = [process.cpuUsage(), process.hrtime.bigint()];
    await run(client, concurrency, calls / concurrency);
    const elapsed = process.hrtime.bigint() - wall;
    const { user, system } = process.cpuUsage(cpu);
    process.stdout.write(`${(user + system) * 1000} ${elapsed}\n`);
  }
}

async function run(client, concurrency, callsOfEach) {
  const makeCalls = async () => {
    for (let call = 0; call < callsOfEach; call++) await client.getDeviceCredential(clientId);
  };
  await Promise.all(Array.from({ length: concurrency }, makeCalls));
}

main();
