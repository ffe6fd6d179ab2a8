import { readFileSync } from 'node:fs';

const block = 512;

const octal = (value, length) => `${value.toString(8).padStart(length - 1, '0')}\0`;

/** One entry of a tar archive (ustar). */
function entry({ path, type, mode, content = Buffer.alloc(0), link = '' }) {
  const head = Buffer.alloc(block);
  head.write(path, 0);
  head.write(octal(mode, 8), 100);
  head.write(octal(0, 8), 108);
  head.write(octal(0, 8), 116);
  head.write(octal(content.length, 12), 124);
  head.write(octal(0, 12), 136);
  head.write(' '.repeat(8), 148);
  head.write(type, 156);
  head.write(link, 157);
  head.write('ustar\u000000', 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${octal(sum, 7)} `, 148);
  return Buffer.concat([head, content, Buffer.alloc((block - (content.length % block)) % block)]);
}

const applets = ['sh', 'httpd', 'nc', 'grep', 'rm', 'mkdir', 'touch', 'test', 'echo', 'printf', 'sleep'];

/** The tar archive of a root file system that holds busybox and nothing else. */
export function busyboxTar(busybox) {
  const directories = ['bin/', 'run/', 'www/'].map((path) => entry({ path, type: '5', mode: 0o755 }));
  const links = applets.map((name) => entry({ path: `bin/${name}`, type: '2', mode: 0o777, link: 'busybox' }));
  const program = entry({ path: 'bin/busybox', type: '0', mode: 0o755, content: readFileSync(busybox) });
  return Buffer.concat([...directories, program, ...links, Buffer.alloc(2 * block)]);
}

/** Makes an image of the static busybox at `busybox`; answers its name. No registry is asked. */
export async function importImage(engine, busybox, name) {
  await engine.call('POST', `/images/create?fromSrc=-&repo=${name}&tag=latest`, busyboxTar(busybox));
  return `${name}:latest`;
}
