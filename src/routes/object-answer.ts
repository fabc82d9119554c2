// Hands S3's answer on to the caller: status, headers and bytes as they come, never buffered, never re-encoded.
import type { ServerResponse } from 'node:http';
import { headerOf } from '../s3/refusal.ts';
import type { Answer } from '../s3/transport.ts';
import type { AccessRecord } from './access-log.ts';

/**
 * S3's named response headers (S3 API Reference, GetObject). `x-amz-…` come down by prefix, as S3 keeps adding to them.
 * Hop-by-hop headers are in neither, so they never do.
 */
const HANDED_ON = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
]);

/** Names the account or the bucket's ARN. */
const WITHHELD = new Set(['x-amz-bucket-arn', 'x-amz-security-token']);

/** @returns raw pairs */
export function handedOn(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const lower = name.toLowerCase();
    if (HANDED_ON.has(lower) || (lower.startsWith('x-amz-') && !WITHHELD.has(lower)))
      kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}

/**
 * Resolves when the caller has all of it, or when it has been cut; the record says by whom.
 * @param options.chunkAbove bytes, above which no Content-Length goes out: Cloud Run's front end would answer 500
 * @param options.stallMs how long a caller may read nothing while bytes wait for it
 */
export function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  record: AccessRecord,
  options: { readonly chunkAbove: number; readonly stallMs: number; readonly isHead: boolean },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const headers = handedOn(answer.headers);
  if (!options.isHead) chunkLarge(headers, options.chunkAbove);
  headers.push('x-request-id', record.requestId);
  const s3RequestId = headerOf(answer.headers, 'x-amz-request-id');
  if (s3RequestId !== undefined) record.s3RequestId = s3RequestId;
  response.writeHead(answer.status, headers);

  let stall: NodeJS.Timeout | undefined;
  response.on('drain', () => {
    clearTimeout(stall);
    answer.resume();
  });
  response.once('close', () => {
    clearTimeout(stall);
    resolve(undefined);
  });
  answer.pipe({
    write: (chunk) => {
      record.bytes += chunk.length;
      const wantsMore = response.write(chunk);
      if (!wantsMore) {
        clearTimeout(stall);
        stall = setTimeout(() => {
          record.cutBy = 'stall';
          response.destroy();
        }, options.stallMs);
      }
      return wantsMore;
    },
    end: () => {
      response.end();
    },
    fail: () => {
      // Ending it would make a short body look complete.
      record.cutBy ??= 's3';
      response.destroy();
    },
  });
  return promise;
}

function chunkLarge(headers: string[], chunkAbove: number): void {
  const place = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'content-length');
  if (place !== -1 && Number(headers[place + 1]) > chunkAbove) headers[place] = 'x-fedbridge-object-length';
}
