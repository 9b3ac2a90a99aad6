// Makes generic calls with the vendor's SDKs. Each line of stdin is a call in JSON, each line of
// stdout its outcome.

const { createInterface } = require('node:readline');
const { Config, OpenApiRequest, Params, default: OpenApi } = require('@alicloud/openapi-client');
const { RPCClient } = require('@alicloud/pop-core');
const { RuntimeOptions } = require('@alicloud/tea-util');

const ACTION = 'GetDeviceCredential';
const VERSION = '2020-04-20';
const MILLISECONDS = 30_000;

async function callWithOpenApiClient(call) {
  const client = new OpenApi(
    new Config({
      accessKeyId: call.access_key_id,
      accessKeySecret: call.access_key_secret,
      securityToken: call.security_token,
      signatureAlgorithm: call.signature_algorithm,
      endpoint: call.endpoint,
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
  const request = new OpenApiRequest({ query: { ClientId: call.client_id, InstanceId: call.instance_id } });
  try {
    const { body } = await client.callApi(params, request, new RuntimeOptions({}));
    return success(body);
  } catch (error) {
    return failure(error, error.statusCode);
  }
}

async function callWithPopCore(call) {
  const client = new RPCClient({
    accessKeyId: call.access_key_id,
    accessKeySecret: call.access_key_secret,
    securityToken: call.security_token,
    endpoint: `http://${call.endpoint}`,
    apiVersion: VERSION,
  });
  try {
    // The default is GET, but the operation requires POST.
    const options = { method: 'POST', timeout: MILLISECONDS };
    return success(await client.request(ACTION, { ClientId: call.client_id, InstanceId: call.instance_id }, options));
  } catch (error) {
    return failure(error, error.entry?.response.statusCode);
  }
}

function success(body) {
  return { request_id: body.RequestId, credential: body.DeviceCredential };
}

/** Returns an error of the service as an outcome; any other error ends the program. */
function failure(error, status) {
  if (!error.data?.RequestId) {
    throw error;
  }
  return { code: error.code, status, message: error.message, request_id: error.data.RequestId };
}

const SDKS = { '@alicloud/openapi-client': callWithOpenApiClient, '@alicloud/pop-core': callWithPopCore };

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const call = JSON.parse(line);
    console.log(JSON.stringify(await SDKS[call.sdk](call)));
  }
}

main();
