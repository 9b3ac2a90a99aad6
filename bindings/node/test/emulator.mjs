// Helpers of the tests: an emulator, clients of it, and programs that use the package.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Client } from 'devcred';

export const DEVICE = 'GID_test@@@test';
export const INSTANCE = 'post-cn-test';
export const ROOT = process.env.DEVCRED_ROOT;

const KEY = { accessKeyId: 'test-key-id', accessKeySecret: 'test-key-s3cr3t' };

// The time after which a test counts as hanging. Generous, because the machine may be busy.
export const LIMIT = 120_000;

// The test runner kills a file that hangs: its emulators must end with it.
const children = new Set();
process.once('SIGTERM', () => process.exit(1));
process.once('exit', () => children.forEach((child) => void child.kill()));

export class Emulator {
  #child;

  /** Starts an emulator that stops when the test ends. */
  static async start(test, ...args) {
    const emulator = new Emulator();
    emulator.#child = spawn(process.env.DEVCRED_COMMAND, ['emulator', '--listen', '127.0.0.1:0', ...args], {
      env: { ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.accessKeySecret },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.add(emulator.#child);
    const [line] = await once(emulator.#child.stdout, 'data');
    emulator.endpoint = String(line).trim();
    test.after(() => emulator.stop());
    return emulator;
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.kill()) await once(this.#child, 'exit');
  }

  /** The options of a client of this emulator. */
  get options() {
    return { ...KEY, endpoint: this.endpoint, instanceId: INSTANCE };
  }

  /** The environment of a program that uses this emulator. */
  get env() {
    return {
      ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.accessKeySecret,
      DEVCRED_ENDPOINT: this.endpoint,
      DEVCRED_INSTANCE_ID: INSTANCE,
    };
  }

  client(options) {
    return new Client({ ...this.options, ...options });
  }

  /** Returns the journal: `calls`, `accepted_connections`, `open_connections`. */
  async journal() {
    return fetchJournal(this.endpoint);
  }

  /** Waits until the condition is true for the journal; the test's time limit bounds the wait. */
  async until(condition) {
    for (;;) {
      const journal = await this.journal();
      if (condition(journal)) return journal;
    }
  }
}

/** Fetches a journal over a new connection, which it counts as one of `open_connections`. */
export async function fetchJournal(endpoint) {
  const [response] = await once(get(`${endpoint}/_devcred/calls`, { agent: false }), 'response');
  return json(response);
}

/** Runs source text, or a command line (an array), and returns its exit and output. */
export async function run(program, { env = {}, flags = [], args = [], cwd } = {}) {
  const command = Array.isArray(program)
    ? program
    : [process.execPath, ...flags, '--input-type=module', '-e', program, ...args];
  const options = { env: { PATH: process.env.PATH, ...env }, cwd, timeout: LIMIT };
  try {
    return { code: 0, signal: null, ...(await promisify(execFile)(command[0], command.slice(1), options)) };
  } catch ({ code, signal, stdout, stderr, ...error }) {
    if (stdout === undefined) throw error;
    return { code, signal, stdout, stderr };
  }
}
