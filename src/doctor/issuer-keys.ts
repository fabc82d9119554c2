// Fetches the keys of the issuers in the configuration in the same way as the bridge does.
import { fetchKeysOf, keysFault } from '../auth/fetch-keys.ts';
import type { Config, Issuer } from '../config/types.ts';
import { fieldOf, itemsOf } from '../config/unchecked-values.ts';
import { Fault } from '../errors/fault.ts';
import { failed } from './step-report.ts';
import type { Examination, Examined } from './step-report.ts';

/** The bridge's own timeout for a fetch of keys. */
const DEADLINE_MS = 3_000;

export async function* examineIssuers({ issuers }: Config): Examined {
  yield* await Promise.all(issuers.map(examineIssuer));
}

async function examineIssuer(issuer: Issuer): Promise<Examination> {
  const { name, url, jwks } = issuer;
  const step = `issuer ${name}`;
  try {
    const count = countKeys(await fetchKeySet(issuer));
    if (count === 0)
      throw new Fault('signing_keys_unavailable', { error: 'the response contains no RSA or P-256 keys' });
    const where = jwks === undefined ? 'found by discovery' : `at ${jwks}`;
    return { step, outcome: 'fine', found: `${count === 1 ? '1 key' : `${count} keys`}, ${where}` };
  } catch (error) {
    const fault = keysFault(error, name);
    return failed(step, "its keys could not be fetched, so its callers' tokens cannot be verified", fault, {
      compared: { requested: jwks ?? url },
    });
  }
}

async function fetchKeySet(issuer: Issuer): Promise<unknown> {
  const response = await fetchKeysOf(issuer)(issuer.jwks ?? issuer.url, {
    headers: new Headers({ accept: 'application/json' }),
    method: 'GET',
    redirect: 'manual',
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  return response.json();
}

/** Counts the keys that can verify RS256 or ES256, the algorithms that the bridge accepts from these issuers. */
const countKeys = (keySet: unknown): number =>
  itemsOf(fieldOf(keySet, 'keys')).filter(
    (key) =>
      fieldOf(key, 'kty') === 'RSA' || (fieldOf(key, 'kty') === 'EC' && fieldOf(key, 'crv') === 'P-256'),
  ).length;
