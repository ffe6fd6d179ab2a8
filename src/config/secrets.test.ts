import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { messageOf } from '../domain/errors.ts';
import { parseConfig } from './parse-config.ts';

const secret = 'hunter2"\\x';
const env = { SECRET: secret };
const readFile = (path: string): string => (path.endsWith('.pem') ? `-----BEGIN ${secret}` : 'hunter2-from-a-file');

const config = parseConfig(
  `
redis: {url: 'redis://:hunter2@127.0.0.1'}
webhook: {bearer_token: "hunter2"}
ui: {basic_auth: {username: admin, password: "\${SECRET}"}}
alertmanager: {urls: [http://a:9093], bearer_token_file: token}
prometheus: {url: http://p:9090, basic_auth: {username: me, password_file: password}}
backups: {repositories: [{name: a, location: /a, password: hunter2, env: {A: hunter2}}, {name: b, location: /b, password_file: password}]}
docker: [{name: a, host: 'tcp://a:2376', tls: {ca_file: ca, cert_file: cert, key_file: key.pem}}]
`.replaceAll(/(ca|cert)_file: \1/g, '$1_file: public'),
  { file: 'c.yml', env, readFile: (path) => (path.endsWith('public') ? '-----BEGIN CERTIFICATE' : readFile(path)) },
);

test.each([
  ['JSON.stringify', (value: unknown) => JSON.stringify(value)],
  ['util.inspect', (value: unknown) => inspect(value, { depth: null, showHidden: true })],
  ['String', (value: unknown) => String(value)],
])('no secret prints with %s', (_, print) => {
  expect(config.ui.basic?.password.reveal()).toBe(secret);
  expect(print(config)).not.toContain('hunter2');
  expect(print(config.redis?.url)).toContain('<secret>');
  expect(print(config.backups?.repositories[1]?.password)).toContain('<secret>');
});

test.each([
  ['listen: ${SECRET}', '"${SECRET}" is no address'],
  ['freshness: "${SECRET}"', '"${SECRET}" is no duration'],
  ['prometheus: {url: "${SECRET}"}', '"${SECRET}" is no URL'],
  ['docker: [{name: a, host: "tcp://${SECRET}"}]', 'is no address of a Docker engine'],
  ['webhook: {bearer_token_file: ["${SECRET}"]}', 'has to be text, found a list'],
  ['redis: {url: "http://${SECRET}"}', 'this is no Redis URL'],
  ['redis: {url: "http://hunter2"}', 'this is no Redis URL'],
  ['prometheus: {url: "http://me:hunter2@p"}', 'would be printed; use basic_auth'],
  ['backups: {repositories: [{name: a, location: "rest:http://me:hunter2@p", password: x}]}', 'would be printed; give'],
  ['backups: {repositories: [{name: a, location: "rest:hunter2", password: x}]}', 'this is no place'],
  ['backups: {repositories: [{name: a, location: /a, password: [hunter2]}]}', 'has to be text, found a list'],
  ['backups: {repositories: [{name: a, location: /a, password: x, env: {PATH: hunter2}}]}', 'PATH can not be given'],
  ['webhook: {bearer_token: "hunter2 hunter2"}', 'a token holds'],
  ['webhook: {bearer_token: {hunter2: }', 'YAML'],
  ['webhook: {bearer_token: "abc"} hunter2', 'YAML'],
  ['webhook:\n  bearer_token: |hunter2', 'YAML'],
  ['webhook:\n  bearer_token: "abc\n  hunter2: x', 'YAML'],
  ['webhook:\n  bearer_token: ]hunter2', 'YAML'],
  ['webhook:\n bearer_token: a\nhunter2', 'YAML'],
])('a mistake about %j does not show a secret', (text, words) => {
  let message = 'it loads';
  try {
    parseConfig(text, { file: 'c.yml', env, readFile, exists: () => false });
  } catch (error) {
    message = messageOf(error);
  }
  expect(message).toContain(words);
  expect(message).not.toContain('hunter2');
});
