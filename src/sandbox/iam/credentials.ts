// Issues and looks up AWS credentials. A session token contains the encrypted session, so the sandbox stores no sessions.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { newKeyPair, type KeyPair } from './access-keys.ts';
import type { User, Users } from './users.ts';

export type { KeyPair } from './access-keys.ts';

/** A role session: its name, limits and lifetime. */
export interface Session {
  readonly roleArn: string;
  readonly name: string;
  /** The session policy's JSON. */
  readonly policy?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string | undefined;
  /** The start of the session, in milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A request's signer: a user with long-term keys, or a role session. */
export type Principal =
  { readonly kind: 'user'; readonly user: User } | { readonly kind: 'session'; readonly session: Session };

export type Lookup =
  { readonly secretAccessKey: string; readonly principal: Principal } | 'unknown-key' | 'bad-token';

export interface Credentials {
  issue(session: Session): KeyPair & { readonly sessionToken: string };
  /** Returns the signer. Does not check the expiration, because each emulator compares it with its own clock. */
  find(accessKeyId: string, sessionToken: string | undefined): Lookup;
}

/** The number of bytes that pad a session token to the length of AWS's tokens, so that tests cover long headers. */
const PADDING_BYTES = 300;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export function createCredentials(users: Pick<Users, 'find'>): Credentials {
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
    issue(session) {
      const pair = newKeyPair('ASIA');
      return { ...pair, sessionToken: seal({ ...pair, session }) };
    },
    find(accessKeyId, sessionToken) {
      if (sessionToken === undefined) {
        // AWS treats a temporary access key without its session token as unknown.
        const user = users.find(accessKeyId);
        if (!user) return 'unknown-key';
        return { secretAccessKey: user.keys.secretAccessKey, principal: { kind: 'user', user } };
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
