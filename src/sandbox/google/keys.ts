// Manages Google's signing keys: signs ID tokens with RS256, publishes and rotates the keys, and forges tokens for tests.
import {
  createHmac,
  generateKeyPair,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';

/** Selects the signing key: Google's current key, or a key that Google has never published. */
export type Signer = 'google' | 'foreign';

export interface SigningKeys {
  /**
   * Returns a compact JWS with any header and claims. The header's `alg` may be RS256 (default), RS384, RS512 or `none` (no
   * signature). HS256 uses the public key's PEM as the secret, as in an algorithm-confusion attack.
   */
  mint(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
    signer?: Signer,
  ): string;
  /** Returns the published key with this ID. */
  publicKey(kid: string): KeyObject | undefined;
  jwks(): { keys: readonly Record<string, unknown>[] };
  /** Switches to a new signing key. The old public key stays in the key set (`keep`) or is removed (`drop`). */
  rotate(old: 'keep' | 'drop'): Promise<void>;
}

interface NamedKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const RSA_BITS = 2048;
const DIGESTS: Readonly<Record<string, string>> = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' };

async function newKey(): Promise<NamedKey> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  return { kid: randomBytes(20).toString('hex'), ...pair };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function createSigningKeys(): Promise<SigningKeys> {
  let current = await newKey();
  let published: readonly NamedKey[] = [current];
  let foreign: KeyObject | undefined;

  function signature(input: string, algorithm: unknown, signer: Signer): string {
    if (algorithm === 'none') return '';
    if (algorithm === 'HS256') {
      const secret = current.publicKey.export({ type: 'spki', format: 'pem' });
      return createHmac('sha256', secret).update(input).digest('base64url');
    }
    const digest = DIGESTS[String(algorithm)];
    if (!digest) throw new Error('"alg" must be RS256, RS384, RS512, HS256 or none');
    if (signer === 'foreign') foreign ??= generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey;
    const key = signer === 'foreign' && foreign ? foreign : current.privateKey;
    return sign(digest, Buffer.from(input), key).toString('base64url');
  }

  return {
    mint(claims, header = {}, signer = 'google') {
      const whole = { alg: 'RS256', kid: current.kid, typ: 'JWT', ...header };
      const input = `${encode(whole)}.${encode(claims)}`;
      return `${input}.${signature(input, whole.alg, signer)}`;
    },
    publicKey: (kid) => published.find((key) => key.kid === kid)?.publicKey,
    // Each key has only the members that Google publishes; `x5c` is not one of them.
    jwks: () => ({
      keys: published.map(({ kid, publicKey }) => {
        const { n, e, kty } = publicKey.export({ format: 'jwk' });
        return { kty, alg: 'RS256', use: 'sig', kid, n, e };
      }),
    }),
    async rotate(old) {
      current = await newKey();
      published = old === 'keep' ? [current, ...published] : [current];
    },
  };
}
