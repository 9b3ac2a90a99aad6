// Makes calls by the vendor's SDKs, with their generic calls: each line of stdin is, in JSON, what to ask for, each line of stdout
// what came of it.

const { createInterface } = require('node:readline');
const { Config, OpenApiRequest, Params, default: OpenApi } = require('@alicloud/openapi-client');
const { RPCClient } = require('@alicloud/pop-core');
const { RuntimeOptions } = require('@alicloud/tea-util');

const ACTION = 'GetDeviceCredential';
const VERSION = '2020-04-20';
const MILLISECONDS = 30_000;

async function byOpenApiClient(ask) {
  const client = new OpenApi(
    new Config({
      accessKeyId: ask.access_key_id,
      accessKeySecret: ask.access_key_secret,
      securityToken: ask.security_token,
      signatureAlgorithm: ask.signature_algorithm,
      endpoint: ask.endpoint,
      readTimeout: MILLISECONDS,
      connectTimeout: MILLISECONDS,
    }),
  );
  const params = new Params({
    action: ACTION,
    version: VERSION,
    protocol: 'HTTP',
    method: 'POST',
    pathname: '/',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  });
  const request = new OpenApiRequest({ query: { ClientId: ask.client_id, InstanceId: ask.instance_id } });
  try {
    const { body } = await client.callApi(params, request, new RuntimeOptions({}));
    return got(body);
  } catch (error) {
    return refused(error, error.statusCode);
  }
}

async function byPopCore(ask) {
  const client = new RPCClient({
    accessKeyId: ask.access_key_id,
    accessKeySecret: ask.access_key_secret,
    securityToken: ask.security_token,
    endpoint: `http://${ask.endpoint}`,
    apiVersion: VERSION,
  });
  try {
    // It sends GET where nothing else is said, and the operation is one of POST.
    const options = { method: 'POST', timeout: MILLISECONDS };
    return got(await client.request(ACTION, { ClientId: ask.client_id, InstanceId: ask.instance_id }, options));
  } catch (error) {
    return refused(error, error.entry?.response.statusCode);
  }
}

function got(body) {
  return { request_id: body.RequestId, credential: body.DeviceCredential };
}

/** Of an error that is not the service's, nothing can be told so: it ends this program. */
function refused(error, status) {
  if (!error.data?.RequestId) {
    throw error;
  }
  return { code: error.code, status, message: error.message, request_id: error.data.RequestId };
}

const SDKS = { '@alicloud/openapi-client': byOpenApiClient, '@alicloud/pop-core': byPopCore };

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const ask = JSON.parse(line);
    console.log(JSON.stringify(await SDKS[ask.sdk](ask)));
  }
}

main();
