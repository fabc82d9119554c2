// Gets or creates ID tokens for callers, signed with the sandbox's Google key.
import type { Sandbox, SandboxContract } from '../../src/sandbox/sandbox.ts';

/** Gets a token for `reader` from the metadata server. The token is valid for one hour. */
export async function readerToken({ metadata, audience, callers }: SandboxContract): Promise<string> {
  const url = new URL(`/computeMetadata/v1/instance/service-accounts/${callers.reader}/identity`, metadata);
  url.search = new URLSearchParams({ audience, format: 'full' }).toString();
  const answer = await fetch(url, { headers: { 'metadata-flavor': 'Google' } });
  if (!answer.ok) throw new Error(`the sandbox's metadata server responded with ${answer.status}`);
  return (await answer.text()).trim();
}

/** Returns a caller's unique ID, with 21 digits like Google's. */
export const callerId = (index: number): string => `1${String(index).padStart(20, '0')}`;

const callerEmail = (index: number): string => `caller-${index}@acme-prod.iam.gserviceaccount.com`;

/** Creates a new token for each caller. */
export function freshTokens({ mint, contract }: Sandbox, callers: number): string[] {
  return Array.from({ length: callers }, (_, index) => {
    const id = callerId(index);
    const claims = { aud: contract.audience, azp: id, sub: id, email: callerEmail(index) };
    return mint({ ...claims, email_verified: true, jti: crypto.randomUUID() });
  });
}
