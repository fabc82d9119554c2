// Manages an issuer's signing keys: signs ID tokens, publishes and rotates the keys, and forges tokens for tests.
import {
  createHmac,
  generateKeyPair,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';

/** Selects the signing key: the issuer's current key, or an RSA key that it has never published. */
export type Signer = 'google' | 'foreign';

export type SigningAlgorithm = 'RS256' | 'ES256';

export interface SigningKeys {
  /**
   * Returns a compact JWS with any header and claims. By default, the header's `alg` is that of the keys; with RSA keys, it may
   * be RS256, RS384 or RS512. The `alg` may also be `none` (no signature). HS256 uses the public key's PEM as the secret, as in
   * an algorithm-confusion attack.
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

async function newKey(algorithm: SigningAlgorithm): Promise<NamedKey> {
  const kid = randomBytes(20).toString('hex');
  if (algorithm === 'ES256')
    return { kid, ...(await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })) };
  return { kid, ...(await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS })) };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * @param algorithm the algorithm of the keys. Google signs with RS256, and a Kubernetes cluster may sign with either algorithm
 */
export async function createSigningKeys(algorithm: SigningAlgorithm = 'RS256'): Promise<SigningKeys> {
  let current = await newKey(algorithm);
  let published: readonly NamedKey[] = [current];
  let foreign: KeyObject | undefined;

  function signature(input: string, alg: unknown, signer: Signer): string {
    if (alg === 'none') return '';
    if (alg === 'HS256') {
      const secret = current.publicKey.export({ type: 'spki', format: 'pem' });
      return createHmac('sha256', secret).update(input).digest('base64url');
    }
    if (alg === 'ES256' && algorithm === 'ES256' && signer !== 'foreign')
      return sign('sha256', Buffer.from(input), {
        key: current.privateKey,
        dsaEncoding: 'ieee-p1363',
      }).toString('base64url');
    const digest = DIGESTS[String(alg)];
    if (!digest || (algorithm === 'ES256' && signer !== 'foreign'))
      throw new Error(
        `"alg" must be ${algorithm === 'ES256' ? 'ES256' : 'RS256, RS384, RS512'}, HS256 or none`,
      );
    if (signer === 'foreign') foreign ??= generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey;
    const key = signer === 'foreign' && foreign ? foreign : current.privateKey;
    return sign(digest, Buffer.from(input), key).toString('base64url');
  }

  return {
    mint(claims, header = {}, signer = 'google') {
      const whole = {
        alg: signer === 'foreign' ? 'RS256' : algorithm,
        kid: current.kid,
        typ: 'JWT',
        ...header,
      };
      const input = `${encode(whole)}.${encode(claims)}`;
      return `${input}.${signature(input, whole.alg, signer)}`;
    },
    publicKey: (kid) => published.find((key) => key.kid === kid)?.publicKey,
    // Each key has only the members that Google publishes; `x5c` is not one of them.
    jwks: () => ({
      keys: published.map(({ kid, publicKey }) => {
        const { n, e, x, y, crv, kty } = publicKey.export({ format: 'jwk' });
        const numbers = algorithm === 'ES256' ? { crv, x, y } : { n, e };
        return { kty, alg: algorithm, use: 'sig', kid, ...numbers };
      }),
    }),
    async rotate(old) {
      current = await newKey(algorithm);
      published = old === 'keep' ? [current, ...published] : [current];
    },
  };
}
