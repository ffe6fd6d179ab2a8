import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { tarEnd, tarEntry } from './tar.ts';

const repo = 'paramedic-test/busybox';
const tag = '1';
const applets = [
  'sh',
  'sleep',
  'nc',
  'httpd',
  'touch',
  'rm',
  'mkdir',
  'cat',
  'echo',
  'grep',
  'printf',
  'test',
  'true',
  'false',
  'kill',
  'date',
  'ls',
  'wc',
  'head',
  'seq',
  'env',
];

let made: Promise<string> | undefined;

/** An image with nothing but busybox in it, made out of the host's when the engine has none (Debian: busybox-static). */
export function busyboxImage(docker: Docker): Promise<string> {
  made ??= make(docker);
  return made;
}

async function make(docker: Docker): Promise<string> {
  const image = `${repo}:${tag}`;
  const there = await docker
    .getImage(image)
    .inspect()
    .then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return false;
        throw error;
      },
    );
  if (there) return image;
  const busybox = await readFile('/bin/busybox').catch((cause: unknown) => {
    throw new Error('no /bin/busybox to make a test image of; run: apt-get install busybox-static', { cause });
  });
  const answer = await docker.importImage(Readable.from([tarOf(busybox)]), { repo, tag });
  let said = '';
  for await (const chunk of answer) said += String(chunk);
  if (said.includes('"errorDetail"')) throw new Error(`the engine did not import the test image: ${said}`);
  return image;
}

function tarOf(busybox: Buffer): Buffer {
  const directories = ['bin/', 'dev/', 'etc/', 'proc/', 'run/', 'sys/', 'tmp/', 'www/'];
  return Buffer.concat([
    ...directories.map((path) => tarEntry({ path, type: '5' })),
    tarEntry({ path: 'bin/busybox', type: '0', mode: 0o755, body: busybox }),
    ...applets.map((name) => tarEntry({ path: `bin/${name}`, type: '2', mode: 0o777, link: 'busybox' })),
    tarEnd,
  ]);
}
