// What is expected compiles, and what is refused does not: an `@ts-expect-error` without an error is an error. It is compiled as
// a module of each kind that Node.js and bundlers have.
import {
  type AccessKey,
  type CallOptions,
  Client,
  type ClientOptions,
  DevcredError,
  DeviceCredential,
  ErrorKind,
  MqttLogin,
} from 'devcred';

const options: ClientOptions = {
  accessKeyId: 'id',
  accessKeySecret: 'secret',
  securityToken: undefined,
  network: 'vpc',
  signature: 'hmac-sha1',
  timeoutMs: 15_000,
  rootCertificatesPem: new Uint8Array(),
  log: (level, message) => console.log(level.toUpperCase(), message.length),
  logLevel: 'warn',
};
const key: AccessKey = { accessKeyId: 'id', accessKeySecret: 'secret' };
const callOptions: CallOptions = { instanceId: 'post-cn-x', timeoutMs: 1, signal: AbortSignal.timeout(1) };

export async function expected(): Promise<string> {
  const client: Client = new Client(options);
  Client.fromEnv();
  Client.fromEnv({ region: 'cn-hangzhou' });
  client.setAccessKey(key);
  client[Symbol.dispose]();
  const credential: DeviceCredential = await client.getDeviceCredential('GID_test@@@test', callOptions);
  const times: Date[] = [credential.createTime, credential.updateTime];
  const login: MqttLogin = credential.mqttLogin();
  const { clientId, username, password } = login.reveal();
  return [clientId, username, password, credential.deviceAccessKeySecret, times.length].join();
}

export function handled(error: unknown): string {
  if (!(error instanceof DevcredError)) return 'not ours';
  const status: number | undefined = error.httpStatus;
  switch (error.kind) {
    case ErrorKind.NotFound:
    case 'Throttled':
      return `${error.name}: ${error.code ?? ''} ${status} ${error.advice}`;
    // @ts-expect-error: there is no such kind.
    case 'NotFund':
      return '';
  }
  const kind: ErrorKind = error.kind;
  return kind;
}

export async function refused(client: Client, credential: DeviceCredential, error: DevcredError) {
  // @ts-expect-error: the unit is in the name.
  new Client({ timeout: 15 });
  // @ts-expect-error: an option is of one type.
  new Client({ timeoutMs: '15' });
  // @ts-expect-error: a network has one of two names.
  new Client({ network: 'private' });
  // @ts-expect-error: a client without options has no key.
  new Client();
  // @ts-expect-error: a device has an id.
  await client.getDeviceCredential();
  // @ts-expect-error: a key has a secret.
  client.setAccessKey({ accessKeyId: 'id' });
  // @ts-expect-error: a call has no options of a client.
  await client.getDeviceCredential('GID_test@@@test', { region: 'cn-hangzhou' });
  // @ts-expect-error: a credential does not change.
  credential.clientId = '';
  // @ts-expect-error: nor do its times.
  credential.createTime = new Date();
  // @ts-expect-error: the password is revealed only when it is asked for.
  credential.mqttLogin().password;
  // @ts-expect-error: an error does not change.
  error.kind = 'Internal';
  // @ts-expect-error: only the library makes one.
  new DevcredError();
  // @ts-expect-error: the library makes it.
  new DeviceCredential();
  // @ts-expect-error: as this.
  new MqttLogin();
  // @ts-expect-error: there is no default export.
  (await import('devcred')).default.nothing;
}
