// AWS credentials. A session token holds its whole session, encrypted, as AWS's do: nothing to store or to prune.
import { createCipheriv, createDecipheriv, randomBytes, randomInt } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** What was assumed, by whom, narrowed to what, until when. */
export interface Session {
  readonly roleArn: string;
  readonly name: string;
  /** The session policy's JSON. */
  readonly policy?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string | undefined;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Who signs: the account's owner, who may do anything, or a session of a role. */
export type Principal = { readonly kind: 'owner' } | { readonly kind: 'session'; readonly session: Session };

export type Lookup =
  { readonly secretAccessKey: string; readonly principal: Principal } | 'unknown-key' | 'bad-token';

export interface Credentials {
  readonly owner: KeyPair;
  issue(session: Session): KeyPair & { readonly sessionToken: string };
  /** Expiry is for the caller to judge, by its own clock. */
  find(accessKeyId: string, sessionToken: string | undefined): Lookup;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const KEY_ID_LETTERS = 16;
/** AWS's tokens are never short; neither are these, that nothing comes to rely on it. */
const PADDING_BYTES = 300;
const IV_BYTES = 12;
const TAG_BYTES = 16;

const keyId = (prefix: string) =>
  prefix + Array.from({ length: KEY_ID_LETTERS }, () => BASE32[randomInt(BASE32.length)]).join('');
const secret = () => randomBytes(30).toString('base64');

export function createCredentials(): Credentials {
  const owner: KeyPair = { accessKeyId: keyId('AKIA'), secretAccessKey: secret() };
  const sealingKey = randomBytes(32);

  function seal(content: unknown): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', sealingKey, iv);
    const packed = deflateRawSync(JSON.stringify(content));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(packed.length);
    const sealed = Buffer.concat([
      cipher.update(Buffer.concat([length, packed, randomBytes(PADDING_BYTES)])),
      cipher.final(),
    ]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  function unseal(token: string): (KeyPair & { session: Session }) | undefined {
    const bytes = Buffer.from(token, 'base64');
    if (bytes.toString('base64') !== token || bytes.length < IV_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      const packed = plain.subarray(2, 2 + plain.readUInt16BE());
      return JSON.parse(inflateRawSync(packed).toString()) as KeyPair & { session: Session };
    } catch {
      return undefined;
    }
  }

  return {
    owner,
    issue(session) {
      const pair = { accessKeyId: keyId('ASIA'), secretAccessKey: secret() };
      return { ...pair, sessionToken: seal({ ...pair, session }) };
    },
    find(accessKeyId, sessionToken) {
      if (sessionToken === undefined) {
        // A temporary key without its token is a key that AWS does not know.
        if (accessKeyId !== owner.accessKeyId) return 'unknown-key';
        return { secretAccessKey: owner.secretAccessKey, principal: { kind: 'owner' } };
      }
      const opened = unseal(sessionToken);
      if (!opened) return 'bad-token';
      if (opened.accessKeyId !== accessKeyId) return 'unknown-key';
      return {
        secretAccessKey: opened.secretAccessKey,
        principal: { kind: 'session', session: opened.session },
      };
    },
  };
}
