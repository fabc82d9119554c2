// Generates random reads: methods, versions, ranges, conditions, checksums and cache directives.
import type { Random } from '../../support/random.ts';
import type { ModelRequest, ModelS3 } from './model-s3.ts';

export interface OracleSession {
  /** The caller, whose rights S3 checks. */
  readonly name: string;
  /** Distinguishes sessions of the same caller with different policies. */
  readonly id: number;
  renew(): void;
  generation(): number;
}

export interface OracleRead extends ModelRequest {
  readonly owner: OracleSession;
  readonly method: 'GET' | 'HEAD';
  /** The ranges and conditions, as raw pairs. */
  readonly conditions: readonly string[];
  readonly wantsChecksums: boolean;
  readonly cacheControl: string | undefined;
}

export function randomRead(
  random: Random,
  s3: ModelS3,
  { keys, session }: { readonly keys: readonly string[]; readonly session: OracleSession },
): OracleRead {
  const key = random.pick(keys);
  const versions = s3.versions(key);
  const named = random.chance(0.2) ? random.pick(versions) : undefined;
  const size = (named ?? s3.current(key))?.body.length ?? 100;
  const conditions: string[] = [];
  if (random.chance(0.5)) conditions.push('range', randomRange(random, size));
  if (random.chance(0.25)) {
    const other = random.pick(versions) ?? s3.current(key);
    const etag = random.chance(0.1) ? '*' : (other?.etag ?? '"none"');
    const date = other?.lastModified ?? new Date(0).toUTCString();
    conditions.push(
      ...random.pick([
        ['if-match', etag],
        ['if-none-match', etag],
        ['if-modified-since', date],
        ['if-unmodified-since', date],
        ['if-match', etag, 'if-unmodified-since', date],
        ['if-none-match', etag, 'if-modified-since', date],
      ]),
    );
  }
  const wantsChecksums = random.chance(0.2);
  const headers: Record<string, string> = {};
  for (let i = 0; i < conditions.length; i += 2) headers[conditions[i] ?? ''] = conditions[i + 1] ?? '';
  if (wantsChecksums) headers['x-amz-checksum-mode'] = 'ENABLED';
  return {
    owner: session,
    session: session.name,
    method: random.chance(0.15) ? 'HEAD' : 'GET',
    key,
    versionId: named?.id,
    headers,
    conditions,
    wantsChecksums,
    cacheControl: random.chance(0.1) ? random.pick(['no-cache', 'no-store', 'max-age=0']) : undefined,
  };
}

function randomRange(random: Random, size: number): string {
  const first = random.below(size + 40);
  return random.pick([
    `bytes=${first}-${first + random.below(200)}`,
    `bytes=${first}-`,
    `bytes=-${random.between(1, size + 40)}`,
    `bytes=${first}-${first}`,
    'bytes=0-',
    'bytes=5-2',
  ]);
}
