// One case of the fuzzer: a request as it is sent, and a recipe for the token in it, so that it can be replayed with other keys.

export interface Edit {
  /** Where in the text, from 0 to 1. */
  readonly at: number;
  readonly drop: number;
  readonly put: string;
}

export interface TokenRecipe {
  /** JSON in which "@kid" stands for the name of Google's key, and "@now+60" for a time. */
  readonly header: string;
  readonly claims: string;
  readonly signer: 'google' | 'foreign' | 'nobody' | 'hmac';
  readonly edits: readonly Edit[];
}

export interface FuzzCase {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly token: TokenRecipe;
  /** Beside what `headers` say. */
  readonly place: 'bearer' | 's3' | 'nowhere';
  /** On the wire alone: edits of the head as a whole, which make it another request, several, or none. */
  readonly raw?: readonly Edit[];
}

/** What an S3 client sends beside its session token. */
const SIGNED =
  'AWS4-HMAC-SHA256 Credential=x/20261122/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0';

/** All headers as they are sent. */
export function headersOf(
  { headers, place }: FuzzCase,
  token: string,
): readonly (readonly [string, string])[] {
  if (place === 'bearer') return [['Authorization', `Bearer ${token}`], ...headers];
  if (place === 's3') return [['Authorization', SIGNED], ['X-Amz-Security-Token', token], ...headers];
  return headers;
}

export function edited(text: string, { at, drop, put }: Edit): string {
  const place = Math.round(at * text.length);
  // At the very end what is dropped lies before it.
  const from = at === 1 ? Math.max(0, place - drop) : place;
  return text.slice(0, from) + put + text.slice(from + drop);
}
