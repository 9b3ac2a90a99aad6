// Correct use compiles, and incorrect use does not: tsc reports an `@ts-expect-error` without an
// error. Compiled once for every kind of module.
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

export async function useCorrectly(): Promise<string> {
  const client: Client = new Client(options);
  Client.fromEnv();
  Client.fromEnv({ region: 'cn-hangzhou' });
  client.setAccessKey(key);
  client[Symbol.dispose]();
  await client[Symbol.asyncDispose]();
  const isClosed: boolean = client.isClosed;
  const credential: DeviceCredential = await client.getDeviceCredential('GID_test@@@test', callOptions);
  const times: Date[] = [credential.createTime, credential.updateTime];
  const login: MqttLogin = credential.mqttLogin();
  const { clientId, username, password } = login.reveal();
  return [clientId, username, password, credential.deviceAccessKeySecret, times.length, isClosed].join();
}

export function handleError(error: unknown): string {
  if (!(error instanceof DevcredError)) return 'another error';
  const status: number | undefined = error.httpStatus;
  switch (error.kind) {
    case ErrorKind.NotFound:
    case 'Throttled':
      return `${error.name}: ${error.code ?? ''} ${status} ${error.advice}`;
    // @ts-expect-error: not a kind.
    case 'NotFund':
      return '';
  }
  const kind: ErrorKind = error.kind;
  return kind;
}

export async function useIncorrectly(client: Client, credential: DeviceCredential, error: DevcredError) {
  // @ts-expect-error: the option is timeoutMs.
  new Client({ timeout: 15 });
  // @ts-expect-error: must be a number.
  new Client({ timeoutMs: '15' });
  // @ts-expect-error: must be public or vpc.
  new Client({ network: 'private' });
  // @ts-expect-error: options are required.
  new Client();
  // @ts-expect-error: the ClientId is required.
  await client.getDeviceCredential();
  // @ts-expect-error: the secret is required.
  client.setAccessKey({ accessKeyId: 'id' });
  // @ts-expect-error: not an option of a call.
  await client.getDeviceCredential('GID_test@@@test', { region: 'cn-hangzhou' });
  // @ts-expect-error: read-only.
  client.isClosed = true;
  // @ts-expect-error: read-only.
  credential.clientId = '';
  // @ts-expect-error: read-only.
  credential.createTime = new Date();
  // @ts-expect-error: only reveal() returns the password.
  credential.mqttLogin().password;
  // @ts-expect-error: read-only.
  error.kind = 'Internal';
  // @ts-expect-error: not a kind.
  new DevcredError({ kind: 'Unknown', message: '' });
  // @ts-expect-error: not every member.
  new DeviceCredential({ clientId: 'GID_test@@@test' });
  // @ts-expect-error: not every member.
  new MqttLogin({ clientId: 'GID_test@@@test', username: '' });
  // @ts-expect-error: no default export.
  (await import('devcred')).default.nothing;
}
