// Creates the headers and claims with which Identity-Aware Proxy forwards people's requests to the console.
import { assertionClaims } from '../../src/sandbox/iap/iap.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/** The header that a browser adds to the requests of the console's own page. */
export const FROM_PAGE = { 'sec-fetch-site': 'same-origin' };

/**
 * Returns the claims of a valid assertion.
 * @param changes claims to replace; undefined removes a claim
 */
export function claimsOf(
  { contract }: Sandbox,
  email: string,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { ...assertionClaims(email, contract.consoleAudience), ...changes };
}

export const withAssertion = (assertion: string): Record<string, string> => ({
  ...FROM_PAGE,
  'x-goog-iap-jwt-assertion': assertion,
});

/** @param person a name in the sandbox's `people` */
export function asPerson(sandbox: Sandbox, person: string): Record<string, string> {
  const email = sandbox.contract.people[person] ?? '';
  return withAssertion(sandbox.mintAssertion(claimsOf(sandbox, email)));
}
