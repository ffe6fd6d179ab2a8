import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

/**
 * The API of the demo's own cluster, so that no kubectl need be here. Its kubeconfig names one cluster and one user, and
 * has their certificates in it.
 */
export function connectApi(kubeconfig) {
  const text = readFileSync(kubeconfig, 'utf8');
  const field = (name) => new RegExp(`\\b${name}: "?([^\\s",}]+)`).exec(text)?.[1] ?? '';
  const pem = (name) => Buffer.from(field(`${name}-data`), 'base64').toString();
  const server = field('server');
  const agent = new Agent({
    keepAlive: true,
    ca: pem('certificate-authority'),
    cert: pem('client-certificate'),
    key: pem('client-key'),
  });

  /** Answers the parsed body. Rejects with the API server's own words. */
  return async function call(method, path, body, type = 'application/json') {
    const response = await new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': type }) };
      const asked = request(server + path, { method, headers, agent, timeout: 10_000 }, resolve);
      asked.on('timeout', () => asked.destroy(new Error('no answer within 10 s')));
      asked.on('error', (error) => reject(new Error(`the API server at ${server} does not answer: ${error.message}`)));
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
    let answer = '';
    for await (const chunk of response.setEncoding('utf8')) answer += chunk;
    if (response.statusCode >= 400) throw new Error(`${method} ${path}: ${response.statusCode} ${answer.trim()}`);
    return JSON.parse(answer);
  };
}
