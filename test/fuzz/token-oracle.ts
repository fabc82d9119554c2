// Determines which caller a token identifies. This oracle is based only on the documentation (docs/how-to/configure.md, "Name
// callers"; RFC 7519).
import type { Mint } from './mint.ts';
import type { PlainCaller } from './lake.ts';

/**
 * With `either`, the bridge may accept or reject the token: its validity begins or ends at about this moment, or its base64url
 * is not canonical.
 */
export interface Verdict {
  readonly verdict: 'accepted' | 'refused' | 'either';
  readonly caller?: PlainCaller;
}

const REFUSED: Verdict = { verdict: 'refused' };
const TOLERANCE_SECONDS = 60;
/** The maximum time between the moments at which the oracle and the bridge read the clock. */
const EDGE_SECONDS = 3;
const ISSUERS: readonly unknown[] = ['https://accounts.google.com', 'accounts.google.com'];

export function judgeToken(token: string, mint: Mint, audience: string): Verdict {
  const [header = '', claims = '', signature = '', ...more] = token.split('.');
  const genuine = mint.signatureOf(`${header}.${claims}`);
  if (genuine === undefined || more.length > 0) return REFUSED;
  if (!Buffer.from(signature, 'base64url').equals(genuine)) return REFUSED;
  const [head, body] = [memberOf(header), memberOf(claims)];
  if (head === undefined || body === undefined) return REFUSED;
  if (head['alg'] !== 'RS256' || head['kid'] !== mint.kid || 'crit' in head) return REFUSED;
  const { iss, aud, sub, exp, iat, nbf, email, email_verified: verified } = body;
  const forUs = Array.isArray(aud) ? aud.includes(audience) : aud === audience;
  if (!ISSUERS.includes(iss) || !forUs || typeof sub !== 'string') return REFUSED;
  // A colon would make Google's subject look like another issuer's caller.
  if (sub === '' || sub.includes(':')) return REFUSED;
  const now = Date.now() / 1000;
  const inTime = [since(iat, now), nbf === undefined ? 'yes' : since(nbf, now), until(exp, now)];
  if (inTime.includes('no')) return REFUSED;
  const caller =
    typeof email === 'string' && verified === true
      ? { sub, email: email.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) }
      : { sub };
  const isPlain = signature === genuine.toString('base64url') && !inTime.includes('edge');
  return { verdict: isPlain ? 'accepted' : 'either', caller };
}

function memberOf(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(part, 'base64url')
        .toString()
        .replace(/^\ufeff/, ''),
    );
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

type InTime = 'yes' | 'no' | 'edge';

function since(time: unknown, now: number): InTime {
  return typeof time === 'number' ? compared(now + TOLERANCE_SECONDS - time) : 'no';
}

function until(time: unknown, now: number): InTime {
  return typeof time === 'number' ? compared(time - (now - TOLERANCE_SECONDS)) : 'no';
}

function compared(seconds: number): InTime {
  if (Math.abs(seconds) < EDGE_SECONDS) return 'edge';
  return seconds > 0 ? 'yes' : 'no';
}
