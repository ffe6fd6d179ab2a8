import { request } from 'node:http';

/** Where `unix:///var/run/docker.sock` or `tcp://127.0.0.1:2375` is, in the words of node:http. */
function place(host) {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const url = new URL(host.replace(/^tcp:/, 'http:'));
  return { host: url.hostname, port: url.port || 2375 };
}

/** A Docker engine through its own API, so that the docker command need not be here. */
export function connectEngine(host) {
  const open = (method, path, body) =>
    new Promise((resolve, reject) => {
      const json = body !== undefined && !Buffer.isBuffer(body);
      const headers = body === undefined ? {} : { 'content-type': json ? 'application/json' : 'application/x-tar' };
      const asked = request({ ...place(host), method, path, headers, agent: false }, resolve);
      asked.on('error', (error) => reject(new Error(`the Docker engine at ${host} does not answer: ${error.message}`)));
      asked.end(json ? JSON.stringify(body) : body);
    });

  /** Answers the body. Rejects with the engine's own words. */
  async function text(method, path, body) {
    const response = await open(method, path, body);
    let said = '';
    for await (const chunk of response.setEncoding('utf8')) said += chunk;
    if (response.statusCode >= 400) throw new Error(`${method} ${path}: ${response.statusCode} ${said.trim()}`);
    return said;
  }

  /** Answers the parsed body (undefined when it is empty). Rejects with the engine's own words. */
  async function call(method, path, body) {
    const said = (await text(method, path, body)).trim();
    // A stream of progress is one object a line; the last line has the result.
    return said === '' ? undefined : JSON.parse(said.split('\n').at(-1));
  }

  /**
   * The events of one container since the call, as `{actions, close}`: `actions` grows as they come. The engine's clock
   * decides what "since" is, so this is for an engine whose clock agrees with ours.
   */
  async function events(id) {
    const actions = [];
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'], container: [id] }));
    const response = await open('GET', `/events?since=${Date.now() / 1000}&filters=${filters}`);
    let rest = '';
    response.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      actions.push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line).Action));
    });
    response.on('error', () => {});
    return { actions, close: () => response.destroy() };
  }

  return { host, call, text, events };
}
