// Calls without any package: by sockets, of whose responses only the status and the length are read,
// and by node:http with JSON.parse.
const http = require('node:http');
const net = require('node:net');

function bySockets({ headers, endpoint, parameters }) {
  const { host, hostname, port } = new URL(endpoint);
  const lines = [`POST ${path(parameters)} HTTP/1.1`, `host: ${host}`, 'content-length: 0', ...headers, '', ''];
  const request = Buffer.from(lines.join('\r\n'));
  const connections = [];
  return (number) => {
    connections[number] ??= new Connection(port, hostname);
    return connections[number].exchange(request);
  };
}

function path(parameters) {
  return `/?${new URLSearchParams(parameters)}`;
}

class Connection {
  #socket;
  #response = '';
  #resolve;

  constructor(port, hostname) {
    this.#socket = net.connect({ port, host: hostname, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text) => {
      this.#response += text;
      if (isComplete(this.#response)) this.#resolve();
    });
    this.#socket.on('end', () => {
      throw new Error('the server closed the connection');
    });
  }

  exchange(request) {
    this.#response = '';
    this.#socket.write(request);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}

function isComplete(response) {
  const end = response.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = response.indexOf('\r\ncontent-length: ');
  if (!response.startsWith('HTTP/1.1 200 ') || length < 0 || length > end) throw new Error(response);
  return response.length - end - 4 >= Number.parseInt(response.slice(length + 18, end), 10);
}

function byHttp({ headers, endpoint, parameters }) {
  const { hostname, port } = new URL(endpoint);
  const options = { agent: new http.Agent({ keepAlive: true }), method: 'POST', hostname, port, path: path(parameters) };
  options.headers = { ...Object.fromEntries(headers.map((line) => line.split(': '))), 'content-length': 0 };
  return () =>
    new Promise((resolve, reject) => {
      const request = http.request(options, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text)));
      });
      request.on('error', reject);
      request.end();
    });
}

module.exports = { 'node:net': bySockets, 'node:http': byHttp };
