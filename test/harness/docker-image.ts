import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';

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
  const padding = Buffer.alloc((512 - (busybox.length % 512)) % 512);
  return Buffer.concat([
    ...directories.map((path) => header({ path, type: '5', mode: '0000755' })),
    header({ path: 'bin/busybox', type: '0', mode: '0000755', size: busybox.length }),
    busybox,
    padding,
    ...applets.map((name) => header({ path: `bin/${name}`, type: '2', mode: '0000777', link: 'busybox' })),
    Buffer.alloc(1024),
  ]);
}

/** One header of a ustar archive: type 0 is a file, 2 a symbolic link, 5 a directory. */
function header(entry: { path: string; type: '0' | '2' | '5'; mode: string; size?: number; link?: string }): Buffer {
  const block = Buffer.alloc(512);
  block.write(entry.path, 0);
  block.write(`${entry.mode}\0`, 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${(entry.size ?? 0).toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(entry.type, 156);
  block.write(entry.link ?? '', 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
