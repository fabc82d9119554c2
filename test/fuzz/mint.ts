// Emulates Google for the fuzzer: serves a key set, creates tokens from recipes, and records every signature by Google's key.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { startStandIn } from '../support/stand-in.ts';
import { edited } from './fuzz-case.ts';
import type { TokenRecipe } from './fuzz-case.ts';

export interface Mint {
  readonly certsUrl: string;
  readonly kid: string;
  token(recipe: TokenRecipe): string;
  /** Returns the signature for this header and these claims, if Google's key has signed them. */
  signatureOf(signedPart: string): Buffer | undefined;
  close(): void;
}

const RSA_BITS = 2048;
/** The size of the token cache. Recipes repeat, and a signature takes about a millisecond. */
const MAX_HELD = 20_000;

export async function startMint(): Promise<Mint> {
  const kid = 'f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed';
  const google = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  const foreign = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  const keys = JSON.stringify({
    keys: [{ ...google.publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid }],
  });
  const { origin, close } = await startStandIn((_request, response) => {
    response.setHeader('content-type', 'application/json').end(keys);
  });
  const signed = new Map<string, Buffer>();
  const held = new Map<string, string>();

  const signature = (input: string, signer: TokenRecipe['signer']): Buffer => {
    const rs256 = (key: KeyObject): Buffer => sign('sha256', Buffer.from(input), key);
    if (signer === 'nobody') return Buffer.alloc(0);
    if (signer === 'foreign') return rs256(foreign.privateKey);
    if (signer === 'google') {
      const own = rs256(google.privateKey);
      signed.set(input, own);
      return own;
    }
    return createHmac('sha256', google.publicKey.export({ type: 'spki', format: 'pem' }))
      .update(input)
      .digest();
  };

  const whole = ({ header, claims, signer }: TokenRecipe): string => {
    const input = [header, claims]
      .map((json) => Buffer.from(filledIn(json, kid)).toString('base64url'))
      .join('.');
    return `${input}.${signature(input, signer).toString('base64url')}`;
  };

  return {
    certsUrl: `${origin}/certs`,
    kid,
    token: (recipe) => {
      const id = JSON.stringify([recipe.header, recipe.claims, recipe.signer]);
      let token = held.get(id);
      if (token === undefined) {
        token = whole(recipe);
        if (held.size < MAX_HELD) held.set(id, token);
      }
      return recipe.edits.reduce(edited, token);
    },
    signatureOf: (signedPart) => signed.get(signedPart),
    close,
  };
}

/** Replaces the placeholders. Rounds times to the minute, so that a recipe produces the same token for a while. */
function filledIn(json: string, kid: string): string {
  const now = Math.floor(Date.now() / 60_000) * 60;
  return json
    .replaceAll('"@kid"', JSON.stringify(kid))
    .replace(/"@now([+-]\d+)"/g, (_, seconds: string) => String(now + Number(seconds)));
}
