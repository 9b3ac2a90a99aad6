// Calls by other means than devcred; ../README.md documents the arguments.
const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');

const [file, form, endpoint, accessKeyId, accessKeySecret, InstanceId, ClientId] = process.argv.slice(2);
const isPackage = form.startsWith('@');
// A form needs none of what the other file requires.
const forms = require(isPackage ? './sdk.cjs' : './bare.cjs');

async function main() {
  if (endpoint === '--version') {
    const name = isPackage ? `${form} ${require(`${form}/package.json`).version}` : form;
    console.log(`${name}, Node.js ${process.versions.node}`);
    return;
  }
  const headers = readFileSync(file, 'utf8').trimEnd().split('\n');
  const parameters = { ClientId, InstanceId };
  await measure(forms[form]({ headers, endpoint, accessKeyId, accessKeySecret, parameters }));
  // Connections that are kept open would keep the process running.
  process.exit();
}

/** Makes calls. `call` is called with a number: the calls with the same number are sequential. */
async function measure(call) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [calls, concurrency] = line.split(' ').map(Number);
    await run(call, concurrency, 20); // Opens connections and fills caches.
    const [cpu, wall] = [process.cpuUsage(), process.hrtime.bigint()];
    await run(call, concurrency, calls / concurrency);
    const elapsed = process.hrtime.bigint() - wall;
    const { user, system } = process.cpuUsage(cpu);
    process.stdout.write(`${(user + system) * 1000} ${elapsed}\n`);
  }
}

async function run(call, concurrency, callsOfEach) {
  const makeCalls = async (_, number) => {
    for (let count = 0; count < callsOfEach; count++) await call(number);
  };
  await Promise.all(Array.from({ length: concurrency }, makeCalls));
}

main();
