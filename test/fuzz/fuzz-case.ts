// A test case of the fuzzer: a request, and a recipe for its token, so that a replay can sign a new token.

export interface Edit {
  /** The position in the text, from 0 (start) to 1 (end). */
  readonly at: number;
  readonly drop: number;
  readonly put: string;
}

export interface TokenRecipe {
  /** JSON in which "@kid" stands for the ID of Google's key, and "@now+60" for the time in 60 seconds. */
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
  /** The header that contains the token: `Authorization`, `X-Amz-Security-Token`, or none. */
  readonly place: 'bearer' | 's3' | 'nowhere';
  /** Edits of the raw request head, used only over the network. The edited head may contain several requests, or be invalid. */
  readonly raw?: readonly Edit[];
}

/** The `Authorization` header that an S3 client sends with its session token. */
const SIGNED =
  'AWS4-HMAC-SHA256 Credential=x/20261122/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0';

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
  // For an edit at the end of the text, drops the text before the position.
  const from = at === 1 ? Math.max(0, place - drop) : place;
  return text.slice(0, from) + put + text.slice(from + drop);
}
