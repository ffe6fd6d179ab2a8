import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A key of a repository, as restic writes it (restic's design document, "Keys, Encryption and MAC"). */
interface KeyFile {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly data: string;
}

/**
 * restic makes its key of a password such that it takes half a second of the processor, at each call. That keeps off who
 * guesses passwords, and in a test it is most of what the test takes: from here on it takes nothing there, and the password
 * is `next`. The rest of the repository stays as it is. Not to be called while a restic runs there.
 */
export function cheapKey(location: string, password: string, next = password): void {
  const keys = join(location, 'keys');
  for (const name of readdirSync(keys)) {
    const file = join(keys, name);
    const key = JSON.parse(readFileSync(file, 'utf8')) as KeyFile;
    if (key.N === cheap.N && next === password) continue;
    const master = masterOf(key, password);
    const { salt } = key;
    const data = sealed(master, secretsOf(next, { ...cheap, salt })).toString('base64');
    const text = JSON.stringify({ ...key, ...cheap, data });
    const other = createHash('sha256').update(text).digest('hex');
    writeFileSync(join(location, `tmp-${other}`), text, { mode: 0o400 });
    renameSync(join(location, `tmp-${other}`), join(keys, other));
    rmSync(file);
  }
}

/** Makes another repository of a copy: restic keeps its cache by this name, and Paramedic tells repositories apart by it. */
export function otherId(location: string, password: string): void {
  const [name = ''] = readdirSync(join(location, 'keys'));
  const key = JSON.parse(readFileSync(join(location, 'keys', name), 'utf8')) as KeyFile;
  const { mac, encrypt } = JSON.parse(masterOf(key, password).toString()) as Master;
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  const secrets = { encrypt: bytes(encrypt), macKey: bytes(mac.k), macR: bytes(mac.r) };
  const file = join(location, 'config');
  const config = JSON.parse(opened(readFileSync(file), secrets).toString()) as object;
  const text = JSON.stringify({ ...config, id: randomBytes(32).toString('hex') });
  rmSync(file);
  writeFileSync(file, sealed(Buffer.from(text), secrets), { mode: 0o400 });
}

interface Master {
  readonly mac: { readonly k: string; readonly r: string };
  readonly encrypt: string;
}

const masterOf = (key: KeyFile, password: string): Buffer =>
  opened(Buffer.from(key.data, 'base64'), secretsOf(password, key));

const cheap = { N: 2, r: 1, p: 1 };

interface Secrets {
  readonly encrypt: Buffer;
  readonly macKey: Buffer;
  readonly macR: Buffer;
}

function secretsOf(password: string, { N, r, p, salt }: Omit<KeyFile, 'data'>): Secrets {
  const bytes = scryptSync(password, Buffer.from(salt, 'base64'), 64, { N, r, p, maxmem: 2 ** 29 });
  return { encrypt: bytes.subarray(0, 32), macKey: bytes.subarray(32, 48), macR: bytes.subarray(48) };
}

function opened(bytes: Buffer, secrets: Secrets): Buffer {
  const [nonce, text, mac] = [bytes.subarray(0, 16), bytes.subarray(16, -16), bytes.subarray(-16)];
  if (!poly1305Aes(text, nonce, secrets).equals(mac)) throw new Error('that is not the password of this key');
  return createDecipheriv('aes-256-ctr', secrets.encrypt, nonce).update(text);
}

function sealed(bytes: Buffer, secrets: Secrets): Buffer {
  const nonce = randomBytes(16);
  const text = createCipheriv('aes-256-ctr', secrets.encrypt, nonce).update(bytes);
  return Buffer.concat([nonce, text, poly1305Aes(text, nonce, secrets)]);
}

const prime = 2n ** 130n - 5n;
const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn;
const reversed = (bytes: Buffer): Buffer => Buffer.from(bytes.toReversed());
const little = (bytes: Buffer): bigint => BigInt(`0x${reversed(bytes).toString('hex')}`);

/** Bernstein, "The Poly1305-AES message-authentication code" (2005). */
function poly1305Aes(text: Buffer, nonce: Buffer, { macKey, macR }: Secrets): Buffer {
  const r = little(macR) & clamp;
  let sum = 0n;
  for (let at = 0; at < text.length; at += 16)
    sum = ((sum + little(Buffer.concat([text.subarray(at, at + 16), Buffer.of(1)]))) * r) % prime;
  const pad = createCipheriv('aes-128-ecb', macKey, null).setAutoPadding(false).update(nonce);
  const mac = (sum + little(pad)) & (2n ** 128n - 1n);
  return reversed(Buffer.from(mac.toString(16).padStart(32, '0'), 'hex'));
}
