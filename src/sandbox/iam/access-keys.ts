// Generates access keys: an access key ID and a secret.
import { randomBytes, randomInt } from 'node:crypto';

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const KEY_ID_LETTERS = 16;

/** @param prefix `AKIA` for long-term keys, `ASIA` for keys with a session token */
export function newKeyPair(prefix: 'AKIA' | 'ASIA'): KeyPair {
  const letters = Array.from({ length: KEY_ID_LETTERS }, () => BASE32[randomInt(BASE32.length)]);
  return {
    accessKeyId: prefix + letters.join(''),
    secretAccessKey: randomBytes(30).toString('base64'),
  };
}
