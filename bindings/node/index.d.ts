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
  // Node.js has it from 20 on; TypeScript knows it only where the program's `lib` does.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/** An AccessKey of Alibaba Cloud: what signs the requests. Visible ASCII characters. */
export interface AccessKey {
  accessKeyId: string;
  accessKeySecret: string;
  /** The security token of a temporary AccessKey. */
  securityToken?: string | undefined;
}

/** How much an event of the log matters. A client has events of `warn` and `debug`. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

/**
 * The options of a client. What is absent, or `undefined`, is as the description says. Only the object's own enumerable members
 * count, never those of its prototype.
 */
export interface ClientOptions extends Partial<AccessKey> {
  /** The instance's region, such as `cn-hangzhou`. */
  region?: string | undefined;
  /** `vpc` for a program inside the region's network. Default: `public`. */
  network?: 'public' | 'vpc' | undefined;
  /** `https://host[:port]` in the place of the region's own endpoint; `http` for this machine only. */
  endpoint?: string | undefined;
  /** The instance that calls ask for unless they name another. */
  instanceId?: string | undefined;
  /** How requests are signed. Default: `acs3-hmac-sha256`. */
  signature?: 'acs3-hmac-sha256' | 'hmac-sha1' | undefined;
  /** How long a call may take in all, retries and waits included: milliseconds, 1 to 86,400,000. Default: 15,000. */
  timeoutMs?: number | undefined;
  /** How long one attempt may take: milliseconds, 1 to 86,400,000. Default: 5,000. */
  attemptTimeoutMs?: number | undefined;
  /** How long a connection may take: milliseconds, 1 to 86,400,000. Default: 3,000. */
  connectTimeoutMs?: number | undefined;
  /** How many attempts a call may make: 1 or more. Default: 3. */
  maxAttempts?: number | undefined;
  /** How many requests a second this client sends at most: 1 to 1,000,000. Default: 50, after a burst of 10. */
  maxRequestsPerSecond?: number | undefined;
  /** Certificate authorities in PEM, added to those in use. */
  rootCertificatesPem?: string | Uint8Array | undefined;
  /** `http[s]://[user:password@]host[:port]`, or `off`. Default: `HTTPS_PROXY` and `NO_PROXY` of the environment. */
  proxy?: string | undefined;
  /**
   * Is told what the client's calls do, a line for each event and never a secret. It does not keep the program running. Where
   * it throws, the call goes on and the process emits a warning.
   */
  log?: ((level: LogLevel, message: string) => void) | undefined;
  /** `log` is told events of this level, and those that matter more. Default: `debug`, which is all of them. */
  logLevel?: LogLevel | undefined;
}

/** The options of one call. */
export interface CallOptions {
  /** The device's instance, where it is not the client's. */
  instanceId?: string | undefined;
  /** How long this call may take in all: milliseconds, 1 to 86,400,000. Default: the client's. */
  timeoutMs?: number | undefined;
  /** Cancels the call: its connection is closed and its promise rejected with the signal's `reason`. */
  signal?: AbortSignal | undefined;
}

/**
 * Fetches the credentials of devices. Make one and share it: it holds the connections, the key and the pace.
 *
 * A client keeps the program running as long as its calls run, and no longer.
 */
export class Client {
  /**
   * Checks the options. Nothing is sent.
   *
   * @throws {@link DevcredError} of kind `InvalidParameter` for an option that cannot be used.
   * @throws TypeError for one of the wrong type, and for one that does not exist.
   */
  constructor(options: ClientOptions);

  /**
   * A client whose options come from the environment of the process: `ALIBABA_CLOUD_ACCESS_KEY_ID`,
   * `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN`, `ALIBABA_CLOUD_REGION_ID`, `DEVCRED_INSTANCE_ID`,
   * `DEVCRED_ENDPOINT`, `DEVCRED_MAX_REQUESTS_PER_SECOND`.
   *
   * @param overrides - Options that are taken in the place of the environment's.
   * @throws {@link DevcredError} of kind `InvalidParameter` for a variable that is missing or cannot be used.
   */
  static fromEnv(overrides?: ClientOptions): Client;

  /**
   * Fetches the credential of a device. Each success is billed as one messaging TPS, so store it.
   *
   * The promise is rejected with a {@link DevcredError}; with `signal.reason` where the call was aborted before it had ended -
   * a request that was under way may have been billed -; with a TypeError for an argument of the wrong type.
   *
   * @param clientId - The device's MQTT client id, `GROUP@@@DEVICE`: 1 to 64 characters, no control characters.
   */
  getDeviceCredential(clientId: string, options?: CallOptions): Promise<DeviceCredential>;

  /**
   * Replaces the key: id, secret and token together. Attempts that begin afterwards are signed with it; one that is refused for
   * its old token meanwhile is made again once.
   *
   * @throws {@link DevcredError} of kind `InvalidParameter` for a key that cannot be used. The old one stays in use.
   */
  setAccessKey(key: AccessKey): void;

  /** Closes the connections. Calls that run, and later ones, are rejected with a {@link DevcredError} of kind `InvalidParameter`. */
  close(): void;

  /** `close()`, for `using client = new Client(options)`. */
  [Symbol.dispose](): void;
}

/**
 * The credential of one device. It does not change. Its secrets are in no output: `console.log`, `JSON.stringify`, `String()`
 * and a copy leave them out or say `<hidden: use reveal()>`.
 */
export class DeviceCredential {
  private constructor();
  /** The device's client id, `GROUP@@@DEVICE`. */
  readonly clientId: string;
  /** The instance that the device connects to. */
  readonly instanceId: string;
  /** The id of the device's own AccessKey. */
  readonly deviceAccessKeyId: string;
  /** Its secret. Do not log it. */
  get deviceAccessKeySecret(): string;
  /** When the credential was applied for. A new Date each time. */
  get createTime(): Date;
  /** When it was last changed. A new Date each time. */
  get updateTime(): Date;
  /** The service's id of the request that fetched it; empty where the service gave none. */
  readonly requestId: string;
  /** What the device sends in CONNECT. */
  mqttLogin(): MqttLogin;
  /** All but the secret. */
  toJSON(): object;
}

/** What a device sends in CONNECT. The password is hidden, as in {@link DeviceCredential}. */
export class MqttLogin {
  private constructor();
  /** CONNECT's client identifier. */
  readonly clientId: string;
  /** CONNECT's user name. */
  readonly username: string;
  /** A plain object of the three, the password readable: for `mqtt.connect(url, login.reveal())`, and the one way onto a wire. */
  reveal(): { clientId: string; username: string; password: string };
  /** All but the password. */
  toJSON(): object;
}

/** Why a call failed: the kind says what the caller can do about it. */
export type ErrorKind =
  | 'InvalidParameter'
  | 'Authentication'
  | 'PermissionDenied'
  | 'NotFound'
  | 'Throttled'
  | 'Unsupported'
  | 'Service'
  | 'Timeout'
  | 'Transport'
  | 'InvalidResponse'
  | 'Internal';

/** The kinds by their names: `error.kind === ErrorKind.NotFound` is `error.kind === 'NotFound'`. */
export const ErrorKind: { readonly [Kind in ErrorKind]: Kind };

/**
 * Every failure of a call, and every refusal of an option. `instanceof` holds for an error of another copy of this package too.
 *
 * `toString()` is `KIND: message (Code, request id ...)`, with the advice in a second line. Never a secret.
 */
export class DevcredError extends Error {
  private constructor();
  readonly name: 'DevcredError';
  /** What the caller can do about it. */
  readonly kind: ErrorKind;
  /** What happened, in one line. */
  readonly message: string;
  /** The service's code, verbatim. */
  readonly code?: string;
  /** The HTTP status of the answer. */
  readonly httpStatus?: number;
  /** The service's id of the request. */
  readonly requestId?: string;
  /** Whether the same call may succeed if it is made again. */
  readonly retryable: boolean;
  /** How many attempts were made. */
  readonly attempts: number;
  /** The service's page on this error. */
  readonly helpUrl?: string;
  /** What to do now. */
  readonly advice?: string;
}
