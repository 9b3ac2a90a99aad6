// What the tests share: an emulator of the service, clients of it, and programs that use the package.
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

// Long enough for a machine that is busy: it says "this hangs", not "this is slow".
export const LIMIT = 120_000;

// A test that hangs is ended, and takes its emulators with it.
const children = new Set();
process.once('SIGTERM', () => process.exit(1));
process.once('exit', () => children.forEach((child) => void child.kill()));

export class Emulator {
  #child;

  /** Starts one, and stops it when the test has ended. */
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

  /** The options of a client of it. */
  get options() {
    return { ...KEY, endpoint: this.endpoint, instanceId: INSTANCE };
  }

  /** The environment of a program that uses it. */
  get env() {
    return {
      ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.accessKeySecret,
      DEVCRED_ENDPOINT: this.endpoint,
      DEVCRED_INSTANCE_ID: INSTANCE,
    };
  }

  client(more) {
    return new Client({ ...this.options, ...more });
  }

  /** What has arrived: `calls`, `accepted_connections`, `open_connections`. */
  async journal() {
    return journalOf(this.endpoint);
  }

  /** Waits until the journal is as it should be. The test's own limit says when it will not be. */
  async until(isRight) {
    for (;;) {
      const journal = await this.journal();
      if (isRight(journal)) return journal;
    }
  }
}

/** An emulator's journal, by a connection that is closed then: those that are open beside it are a client's. */
export async function journalOf(endpoint) {
  const [response] = await once(get(`${endpoint}/_devcred/calls`, { agent: false }), 'response');
  return json(response);
}

/** Runs a program, given as its text or as the words of a command line, and gives how it ended and what it printed. */
export async function run(program, { env = {}, flags = [], args = [], cwd } = {}) {
  const words = Array.isArray(program) ? program : [process.execPath, ...flags, '--input-type=module', '-e', program, ...args];
  const options = { env: { PATH: process.env.PATH, ...env }, cwd, timeout: LIMIT };
  try {
    return { code: 0, signal: null, ...(await promisify(execFile)(words[0], words.slice(1), options)) };
  } catch ({ code, signal, stdout, stderr, ...error }) {
    if (stdout === undefined) throw error;
    return { code, signal, stdout, stderr };
  }
}
