// Fetches the keys that verify callers' tokens, and tests them with the bridge's own token.
import { createPublicKey, verify } from 'node:crypto';
import type { Config } from '../config/types.ts';
import { fieldOf, isMap, itemsOf } from '../config/unchecked-values.ts';
import { decodeJwt } from '../identity/identity-token.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import { egressFix, fetchErrorCode, fetchQuickly } from './egress.ts';
import type { Examination } from './step-report.ts';

export type KeySet =
  | { readonly error: string }
  | {
      readonly status: number;
      /** The JSON Web Keys, which are not checked yet; undefined if the response is not a key set. */
      readonly keys: readonly unknown[] | undefined;
    };

export async function fetchKeySet(url: string): Promise<KeySet> {
  try {
    const response = await fetchQuickly(url);
    const text = await response.text();
    return { status: response.status, keys: response.ok ? keysIn(text) : undefined };
  } catch (error) {
    return { error: fetchErrorCode(error) };
  }
}

function keysIn(text: string): readonly unknown[] | undefined {
  try {
    const keys = itemsOf(fieldOf(JSON.parse(text), 'keys'));
    return keys.length === 0 ? undefined : keys;
  } catch {
    return undefined;
  }
}

/** @param own the bridge's own token, which Google signs with the same keys as callers' tokens */
export function judgeKeySet(
  keySet: KeySet,
  { certsUrl, platform }: Config,
  own: Pick<IdentityToken, 'jwt'> | undefined,
): Examination {
  const step = "Google's keys";
  if ('error' in keySet) {
    return {
      step,
      outcome: 'wrong',
      found: "unreachable, so callers' tokens cannot be verified",
      compared: { requested: certsUrl, error: keySet.error },
      fix: egressFix(certsUrl, platform, keySet.error),
    };
  }
  const { keys, status } = keySet;
  if (keys === undefined) {
    return {
      step,
      outcome: 'wrong',
      found: "the response is not a key set, so callers' tokens cannot be verified",
      compared: { requested: certsUrl, status },
      fix: GOOGLE_KEYS_FIX,
    };
  }
  const count = keys.length === 1 ? '1 key' : `${keys.length} keys`;
  const kid = own === undefined ? undefined : decodeJwt(own.jwt).header?.['kid'];
  if (own === undefined || typeof kid !== 'string') {
    return {
      step,
      outcome: 'unknown',
      found: `${count}, not tested because the bridge has no identity token on this machine`,
      fix: VERIFY_FIX,
    };
  }
  const named = keys.filter((key) => fieldOf(key, 'kid') === kid);
  if (named.some((key) => verifies(key, own.jwt))) {
    const which = keys.length === 1 ? 'which verifies' : 'one of which verifies';
    return { step, outcome: 'fine', found: `${count}, ${which} the bridge's own token` };
  }
  const problem = named.length === 0 ? 'do not include the key that signed' : 'do not verify';
  return {
    step,
    outcome: 'wrong',
    found: `they ${problem} the bridge's own token, so callers' tokens are also rejected`,
    compared: { requested: certsUrl, 'key of this token': kid },
    fix: GOOGLE_KEYS_FIX,
  };
}

/** Whether the key verifies the token with RS256, the only algorithm that Google's tokens may use. */
function verifies(key: unknown, jwt: string): boolean {
  const end = jwt.lastIndexOf('.');
  try {
    const publicKey = createPublicKey({ key: isMap(key) ? { ...key } : {}, format: 'jwk' });
    const signature = Buffer.from(jwt.slice(end + 1), 'base64url');
    return verify('RSA-SHA256', Buffer.from(jwt.slice(0, end)), publicKey, signature);
  } catch {
    return false;
  }
}

const VERIFY_FIX =
  'To find out, call the bridge with a caller\'s token: `curl -H "Authorization: Bearer $TOKEN" BRIDGE/-/whoami` returns 200 if these keys verify the token.';

const GOOGLE_KEYS_FIX =
  'If FEDBRIDGE_GOOGLE_CERTS is set, unset it: Google publishes its keys at https://www.googleapis.com/oauth2/v3/certs. If the variable is not set, a proxy is responding instead of Google.';
