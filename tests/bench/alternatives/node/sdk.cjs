// Calls with the vendor's SDKs. All calls share a client.
const ACTION = 'GetDeviceCredential';
const VERSION = '2020-04-20';

function withOpenApiClient({ endpoint, accessKeyId, accessKeySecret, parameters }) {
  const { Config, OpenApiRequest, Params, default: OpenApi } = require('@alicloud/openapi-client');
  const { RuntimeOptions } = require('@alicloud/tea-util');
  const host = endpoint.replace('http://', '');
  const client = new OpenApi(new Config({ accessKeyId, accessKeySecret, endpoint: host }));
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
  return async () => {
    const request = new OpenApiRequest({ query: { ...parameters } });
    const { body } = await client.callApi(params, request, new RuntimeOptions({}));
    check(body);
  };
}

function withPopCore({ endpoint, accessKeyId, accessKeySecret, parameters }) {
  const { RPCClient } = require('@alicloud/pop-core');
  const client = new RPCClient({ accessKeyId, accessKeySecret, endpoint, apiVersion: VERSION });
  // The default is GET, but the operation requires POST.
  return async () => check(await client.request(ACTION, { ...parameters }, { method: 'POST' }));
}

function check(body) {
  if (!body.DeviceCredential) throw new Error('the response contains no credential');
}

module.exports = { '@alicloud/openapi-client': withOpenApiClient, '@alicloud/pop-core': withPopCore };
