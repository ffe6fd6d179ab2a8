import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import type { Sealing } from '../../domain/known-good.ts';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals by AES-256-GCM with keys made of `secret` (HKDF-SHA256), or, where nothing is to be opened again, by HMAC-SHA256 alone.
 * The nonce is made of what is sealed and of whom it belongs to (as in RFC 8452, SIV), so that the same value is sealed to the
 * same text, by every process and after every restart: versions are told apart by their content. So of two versions of one
 * Secret it is told whether a value is the same, and how long it is; of two Secrets nothing.
 */
export function createSealing(keep: 'hash' | 'restore', secret: string): Sealing {
  const derived = (use: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `paramedic ${use}`, 32));
  const [digestKey, cipherKey] = [derived(`${keep} digest`), derived(`${keep} cipher`)];
  const id = derived(`${keep} id`).toString('hex').slice(0, 8);
  const prefix = `${keep === 'hash' ? 'digest' : 'sealed'}:${id}:`;
  const digestOf = (key: string, text: string): Buffer =>
    createHmac('sha256', digestKey).update(`${key.length} ${key}${text}`).digest();

  return {
    id,
    opens: keep === 'restore',
    seal(key, text) {
      const digest = digestOf(key, text);
      if (keep === 'hash') return `${prefix}${digest.toString('base64')}`;
      const iv = digest.subarray(0, ivBytes);
      const sealing = createCipheriv(cipher, cipherKey, iv).setAAD(Buffer.from(key));
      const parts = [iv, sealing.update(text, 'utf8'), sealing.final(), sealing.getAuthTag()];
      return `${prefix}${Buffer.concat(parts).toString('base64')}`;
    },
    open(key, sealed) {
      if (keep === 'hash' || !sealed.startsWith(prefix)) return undefined;
      const bytes = Buffer.from(sealed.slice(prefix.length), 'base64');
      if (bytes.length < ivBytes + tagBytes) return undefined;
      try {
        const opening = createDecipheriv(cipher, cipherKey, bytes.subarray(0, ivBytes))
          .setAAD(Buffer.from(key))
          .setAuthTag(bytes.subarray(-tagBytes));
        return opening.update(bytes.subarray(ivBytes, -tagBytes), undefined, 'utf8') + opening.final('utf8');
      } catch {
        // Sealed for another object, or not by us.
        return undefined;
      }
    },
  };
}
