// The key that clients on this machine must present to the proxy, because every user and program can reach a loopback port.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CallerRequest } from '../../runtime/caller-exchange.ts';

/** The number of random bytes in a key. Nobody can guess 160 random bits. */
const KEY_BYTES = 20;

/** Creates a random key, which contains only characters that every S3 client accepts in an access key ID. */
export const createAccessKey = (): string =>
  `FEDBRIDGE${randomBytes(KEY_BYTES).toString('hex').toUpperCase()}`;

/**
 * Whether the request presents the key as `Authorization: Bearer`, or as the access key ID of an AWS signature. The signature is
 * not verified, because the secret access key is a placeholder. Presigned URLs are not accepted, because URLs are not kept secret.
 */
export function presentsKey({ headers }: Pick<CallerRequest, 'headers'>, key: string): boolean {
  const presented = keyIn(headers.authorization ?? '');
  return presented !== undefined && timingSafeEqual(digest(presented), digest(key));
}

const FORMS = [
  /^Bearer +(\S+)$/i,
  // In SigV4 and SigV4a, the access key ID is the first part of the credential scope.
  /^AWS4-[A-Z\d-]+ (?:.*[ ,])?Credential=([^/,\s]+)\//,
  // In SigV2, the access key ID comes before the signature.
  /^AWS ([^:\s]+):/,
];

function keyIn(authorization: string): string | undefined {
  for (const form of FORMS) {
    const key = form.exec(authorization)?.[1];
    if (key !== undefined) return key;
  }
  return undefined;
}

/** Returns a digest of the text, because `timingSafeEqual` requires values of the same length. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
