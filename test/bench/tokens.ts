// The tokens that callers present, signed by the sandbox's key as Google's are.
import type { Sandbox, SandboxContract } from '../../src/sandbox/sandbox.ts';

/** As the reader itself would ask its own metadata server; good for an hour. */
export async function readerToken({ metadata, audience, callers }: SandboxContract): Promise<string> {
  const url = new URL(`/computeMetadata/v1/instance/service-accounts/${callers.reader}/identity`, metadata);
  url.search = new URLSearchParams({ audience, format: 'full' }).toString();
  const answer = await fetch(url, { headers: { 'metadata-flavor': 'Google' } });
  if (!answer.ok) throw new Error(`the sandbox's metadata server answered ${answer.status}`);
  return (await answer.text()).trim();
}

/** 21 digits, as Google's unique IDs. */
export const callerId = (index: number): string => `1${String(index).padStart(20, '0')}`;

const callerEmail = (index: number): string => `caller-${index}@acme-prod.iam.gserviceaccount.com`;

/** One token for each of so many callers, no two alike, and none that was made before. */
export function freshTokens({ mint, contract }: Sandbox, callers: number): string[] {
  return Array.from({ length: callers }, (_, index) => {
    const id = callerId(index);
    const claims = { aud: contract.audience, azp: id, sub: id, email: callerEmail(index) };
    return mint({ ...claims, email_verified: true, jti: crypto.randomUUID() });
  });
}
