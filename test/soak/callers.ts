// Creates the callers' tokens for a soak test, both valid and invalid ones.
import { ACCOUNTS } from '../../src/sandbox/google/accounts.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { CallerName, Plan } from './plan.ts';

/**
 * How long each token is used. Tokens change often enough that the bridge verifies new tokens and evicts expired ones from its
 * cache.
 */
const RENEWED_MS = 5_000;
const LIFE_SECONDS = 20;

/** Much longer than the clock skew that the bridge tolerates. */
const LONG_AGO_SECONDS = 7200;

/**
 * @returns a function that returns the value of a request's `Authorization` header, or undefined for a request without a token
 */
export function createCallers(sandbox: Sandbox): (plan: Pick<Plan, 'as' | 'token'>) => string | undefined {
  const kept = new Map<string, { readonly token: string; readonly at: number }>();
  const claims = (as: CallerName): Record<string, unknown> => {
    const { email, uniqueId } = ACCOUNTS[as];
    const now = Math.floor(Date.now() / 1000);
    const whose = { azp: uniqueId, sub: uniqueId, email, email_verified: true };
    return { ...whose, aud: sandbox.contract.audience, iat: now, exp: now + LIFE_SECONDS };
  };
  const mint = ({ as, token }: Pick<Plan, 'as' | 'token'>): string => {
    const usual = claims(as);
    switch (token) {
      case 'forged':
        return sandbox.mint(usual, {}, 'foreign');
      case 'other-audience':
        return sandbox.mint({ ...usual, aud: 'https://another.example' });
      case 'expired': {
        const exp = Number(usual['iat']) - LONG_AGO_SECONDS;
        return sandbox.mint({ ...usual, iat: exp - 60, exp });
      }
      case 'garbage':
        return 'not.a.token';
      default:
        return sandbox.mint(usual);
    }
  };
  return (plan) => {
    if (plan.token === 'none') return undefined;
    const name = `${plan.as} ${plan.token}`;
    const known = kept.get(name);
    if (known !== undefined && Date.now() - known.at < RENEWED_MS) return `Bearer ${known.token}`;
    const token = mint(plan);
    kept.set(name, { token, at: Date.now() });
    return `Bearer ${token}`;
  };
}
