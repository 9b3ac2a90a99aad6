/**
 * Fetches the credential of an IoT device on Alibaba Cloud ApsaraMQ for MQTT.
 *
 * ```js
 * import { Client } from 'devcred';
 *
 * const client = Client.fromEnv();
 * const credential = await client.getDeviceCredential('GID_test@@@test');
 * const { clientId, username, password } = credential.mqttLogin().reveal();
 * ```
 *
 * @packageDocumentation
 */

declare global {
  // Node.js has them since version 20; TypeScript only with some settings of `lib`.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
}

/** The AccessKey that signs the requests. Each part is visible ASCII. */
export interface AccessKey {
  accessKeyId: string;
  accessKeySecret: string;
  /** The security token of a temporary AccessKey. */
  securityToken?: string | undefined;
}

/** The level of a log event. Clients log at `warn` and `debug`. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

/**
 * The options of a client. Absent and `undefined` mean the default. Only own enumerable properties
 * count, never those of the prototype.
 */
export interface ClientOptions extends Partial<AccessKey> {
  /** The instance's region, such as `cn-hangzhou`. Required unless `endpoint` is set. */
  region?: string | undefined;
  /** `vpc` inside a virtual private cloud of the region. Default: `public`. */
  network?: 'public' | 'vpc' | undefined;
  /** `https://host[:port]`; `http` for loopback only. Default: the endpoint of the region. */
  endpoint?: string | undefined;
  /** The instance, unless a call sets another. */
  instanceId?: string | undefined;
  /** The signature method. Default: `acs3-hmac-sha256`. */
  signature?: 'acs3-hmac-sha256' | 'hmac-sha1' | undefined;
  /** The timeout of a call, with the rate limiter and all retries: milliseconds, 1 to 86,400,000. Default: 15,000. */
  timeoutMs?: number | undefined;
  /** The timeout of one attempt: milliseconds, 1 to 86,400,000. Default: 5,000. */
  attemptTimeoutMs?: number | undefined;
  /** The timeout to connect: milliseconds, 1 to 86,400,000. Default: 3,000. */
  connectTimeoutMs?: number | undefined;
  /** The maximum number of attempts: 1 or more. Default: 3. */
  maxAttempts?: number | undefined;
  /** The maximum number of open connections: 1 to 10,000. Further calls wait for one. Default: 100. */
  maxConnections?: number | undefined;
  /** How many of these connections are opened at a time: 1 to 10,000. Default: 16. */
  maxConnecting?: number | undefined;
  /** The maximum number of requests per second: 1 to 1,000,000. Default: 50, after a burst of 10. */
  maxRequestsPerSecond?: number | undefined;
  /** Certificate authorities in PEM, in addition to those in use. */
  rootCertificatesPem?: string | Uint8Array | undefined;
  /** `http[s]://[user:password@]host[:port]`, `host:port` or `off`. Default: from `HTTPS_PROXY` and `NO_PROXY`. */
  proxy?: string | undefined;
  /**
   * Called with a line for each log event, which never contains a secret. It does not keep the
   * program running. If it throws, the call continues and the process emits a warning.
   */
  log?: ((level: LogLevel, message: string) => void) | undefined;
  /** The lowest level of the events for `log`. Default: `debug`, which includes all of them. */
  logLevel?: LogLevel | undefined;
}

/** The options of one call. */
export interface CallOptions {
  /** The device's instance. Default: the client's. */
  instanceId?: string | undefined;
  /** The timeout of this call: milliseconds, 1 to 86,400,000. Default: the client's. */
  timeoutMs?: number | undefined;
  /** Cancels the call: its connection is closed and its promise is rejected with the signal's `reason`. */
  signal?: AbortSignal | undefined;
}

/**
 * Fetches the credentials of devices. Create one and share it: it has the connections, the
 * AccessKey and the rate limiter.
 *
 * A client keeps the program running only while calls run.
 */
export class Client {
  /**
   * Checks the options. Nothing is sent.
   *
   * @throws {@link DevcredError} of kind `InvalidParameter` if an option is missing or invalid.
   * @throws TypeError if an option has the wrong type or does not exist.
   */
  constructor(options: ClientOptions);

  /**
   * Creates a client from the environment variables `ALIBABA_CLOUD_ACCESS_KEY_ID`,
   * `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN`, `ALIBABA_CLOUD_REGION_ID`,
   * `DEVCRED_INSTANCE_ID`, `DEVCRED_ENDPOINT`, `DEVCRED_MAX_REQUESTS_PER_SECOND` of `process.env`.
   *
   * @param overrides - Options that take precedence over the environment.
   * @throws {@link DevcredError} of kind `InvalidParameter` if a variable is missing or invalid.
   */
  static fromEnv(overrides?: ClientOptions): Client;

  /**
   * Fetches the credential of a device. Each success is billed as one messaging TPS, so store it.
   *
   * The promise is rejected with a {@link DevcredError}, with `signal.reason` if the call was
   * aborted (a request that was already sent may have been billed), or with a TypeError if an
   * argument has the wrong type.
   *
   * @param clientId - The device's MQTT client id, `GROUP@@@DEVICE`: 1 to 64 characters, no control characters.
   */
  getDeviceCredential(clientId: string, options?: CallOptions): Promise<DeviceCredential>;

  /**
   * Creates the credential of a device. Each success is billed as one messaging TPS.
   *
   * If the device has a credential, the promise is rejected with an error of kind `AlreadyExists`;
   * the service may instead replace the credential, and the old secret then no longer works.
   * Therefore call {@link getDeviceCredential} first. The call is not retried if the request may
   * have arrived: call {@link getDeviceCredential} to find out whether the device was registered.
   *
   * It takes the same arguments as {@link getDeviceCredential} and is rejected for the same
   * reasons.
   */
  registerDeviceCredential(clientId: string, options?: CallOptions): Promise<DeviceCredential>;

  /**
   * Replaces the AccessKey: id, secret and security token together. Attempts that begin afterwards
   * use the new key. If an attempt was refused for its token meanwhile, it is made once more.
   *
   * @throws {@link DevcredError} of kind `InvalidParameter` if the key is invalid. The client keeps the old one.
   */
  setAccessKey(key: AccessKey): void;

  /** Whether `close()` was called. */
  get isClosed(): boolean;

  /** Closes the client. Running and later calls are rejected with a {@link DevcredError} of kind `InvalidParameter`. */
  close(): void;

  /** `close()`, for `using client = new Client(options)`. */
  [Symbol.dispose](): void;

  /** `close()`, for `await using client = new Client(options)` and for AsyncDisposableStack. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A {@link DeviceCredential} with its readable secret: what a program stores. */
export interface RevealedDeviceCredential {
  clientId: string;
  instanceId: string;
  deviceAccessKeyId: string;
  deviceAccessKeySecret: string;
  /** Milliseconds since 1970 UTC. */
  createTimeMs: number;
  /** Milliseconds since 1970 UTC. */
  updateTimeMs: number;
  /** May be empty. */
  requestId: string;
}

/** A {@link MqttLogin} with its readable password: what a device receives. */
export interface RevealedMqttLogin {
  clientId: string;
  username: string;
  password: string;
}

/**
 * The credential of one device; immutable. `console.log`, `JSON.stringify`, `String()` and copies
 * leave out its secret or show `<hidden: use reveal()>`.
 *
 * To store it, store `JSON.stringify(credential.reveal())`. After a restart,
 * `DeviceCredential.fromRevealed(JSON.parse(stored))` is equal to it.
 */
export class DeviceCredential {
  /**
   * Creates a credential without a request, for example in a test.
   *
   * @throws TypeError if a member is missing or has the wrong type.
   * @throws {@link DevcredError} of kind `InvalidParameter` if an id or the secret is empty or contains control
   * characters, if the secret is the text that hides one, or if a time is before 1970 or after 9999.
   */
  constructor(revealed: RevealedDeviceCredential);

  /**
   * Creates a credential from what `reveal()` returned, without a request: its `mqttLogin()` works
   * offline. It throws what the constructor throws. Other members are ignored.
   */
  static fromRevealed(revealed: RevealedDeviceCredential): DeviceCredential;

  /** The device's client id, `GROUP@@@DEVICE`. */
  readonly clientId: string;
  /** The instance that the device connects to. */
  readonly instanceId: string;
  /** The id of the device's AccessKey. */
  readonly deviceAccessKeyId: string;
  /** The secret of the device's AccessKey. Do not log it. */
  get deviceAccessKeySecret(): string;
  /** When the credential was created. Returns a new Date each time. */
  get createTime(): Date;
  /** When the credential was last changed. Returns a new Date each time. */
  get updateTime(): Date;
  /** The service's id of the request; empty if the service sent none. */
  get requestId(): string;
  /** Returns what the device sends in CONNECT. */
  mqttLogin(): MqttLogin;
  /** Whether the other one is an equal credential: all but the request id, also the secret. */
  equals(other: unknown): boolean;
  /** Returns everything with the readable secret, as a plain object that JSON can store. */
  reveal(): RevealedDeviceCredential;
  /** Returns the same with the secret hidden. `fromRevealed` refuses it. */
  toJSON(): RevealedDeviceCredential;
}

/** What a device sends in CONNECT. The password is hidden, as in {@link DeviceCredential}. */
export class MqttLogin {
  /** Creates a login, for example in a test: `DeviceCredential.mqttLogin()` computes the real one. */
  constructor(revealed: RevealedMqttLogin);
  /** CONNECT's client identifier. */
  readonly clientId: string;
  /** CONNECT's user name. */
  readonly username: string;
  /** Returns a plain object with the readable password, for `mqtt.connect(url, login.reveal())`. */
  reveal(): RevealedMqttLogin;
  /** Returns the same with the password hidden. */
  toJSON(): RevealedMqttLogin;
}

/** What the caller should do about an error. */
export type ErrorKind =
  | 'InvalidParameter'
  | 'Authentication'
  | 'PermissionDenied'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Throttled'
  | 'Unsupported'
  | 'Service'
  | 'Timeout'
  | 'Transport'
  | 'InvalidResponse'
  | 'Internal';

/** The kinds by name: `error.kind === ErrorKind.NotFound` is `error.kind === 'NotFound'`. */
export const ErrorKind: { readonly [Kind in ErrorKind]: Kind };

/**
 * Why a call failed or an option was refused. `instanceof` also works for errors of another copy of
 * this package.
 *
 * `toString()` returns `KIND: message (Code, request id ...)`, with the advice on a second line. It
 * never contains a secret.
 */
export class DevcredError extends Error {
  /** Creates an error, for example in a test. Absent members have the values of an error of which nothing was sent. */
  constructor(members: DevcredErrorMembers);
  readonly name: 'DevcredError';
  /** What the caller should do. */
  readonly kind: ErrorKind;
  /** What happened, in one line. */
  readonly message: string;
  /** The device of the call, unless the client id is invalid or an option of the client was refused. */
  readonly clientId?: string;
  /** The instance of the call, unless a parameter of the call or an option of the client was refused. */
  readonly instanceId?: string;
  /** The service's code, verbatim. */
  readonly code?: string;
  /** The HTTP status, if there was a response. */
  readonly httpStatus?: number;
  /** The service's id of the request. */
  readonly requestId?: string;
  /** Whether the same call may succeed if it is made again. */
  readonly retryable: boolean;
  /**
   * Whether an attempt may have been billed: a request was sent whose response did not arrive
   * completely, or reported a success that could not be read.
   */
  readonly possiblyBilled: boolean;
  /** How many milliseconds the service requested to wait before the next request, if it did. */
  readonly retryAfterMs?: number;
  /** The number of attempts; 0 if nothing was sent. */
  readonly attempts: number;
  /** The service's page about this error. */
  readonly helpUrl?: string;
  /** What to do, if known. */
  readonly advice?: string;
  /** Returns all members, and `name` and `message`. */
  toJSON(): DevcredErrorMembers & { name: string };
}

/** The members of a {@link DevcredError}. */
export interface DevcredErrorMembers {
  kind: ErrorKind;
  message: string;
  clientId?: string;
  instanceId?: string;
  code?: string;
  httpStatus?: number;
  requestId?: string;
  retryable?: boolean;
  possiblyBilled?: boolean;
  retryAfterMs?: number;
  attempts?: number;
  helpUrl?: string;
  advice?: string;
}
