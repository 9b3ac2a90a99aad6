// What `cargo xtask bench` measures of Node.js: `bench.cjs ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID CLIENT_ID` reads a
// line `CALLS AT_ONCE` and answers `CPU WALL`, both in nanoseconds, as often as it is asked.
'use strict';

const { createInterface } = require('node:readline');
const { Client } = require('devcred');

const [endpoint, accessKeyId, accessKeySecret, instanceId, clientId] = process.argv.slice(2);
const client = new Client({ endpoint, accessKeyId, accessKeySecret, instanceId, maxRequestsPerSecond: 1_000_000 });

async function run(lanes, callsOfEach) {
  const lane = async () => {
    for (let call = 0; call < callsOfEach; call++) await client.getDeviceCredential(clientId);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const [calls, lanes] = line.split(' ').map(Number);
    await run(lanes, 20); // Connections are opened and caches filled.
    const [cpu, wall] = [process.cpuUsage(), process.hrtime.bigint()];
    await run(lanes, calls / lanes);
    const took = process.hrtime.bigint() - wall;
    const { user, system } = process.cpuUsage(cpu);
    process.stdout.write(`${(user + system) * 1000} ${took}\n`);
  }
})();
