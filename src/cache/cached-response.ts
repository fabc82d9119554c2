// Builds the responses that come from the cache, with the status and headers that S3 would send.
import type { UpstreamResponse } from '../http1/exchange.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { ObjectVersion } from './object-version.ts';
import type { Extent, WantedRead } from './wanted-read.ts';

/** @param own headers that S3 sent only to this session */
export function responseHead(
  version: ObjectVersion,
  own: readonly string[],
  wanted: WantedRead,
  { from, to }: Extent,
): { readonly status: number; readonly headers: readonly string[] } {
  const isWhole = wanted.range === undefined;
  const headers = [...version.headers, ...own];
  // S3 sends checksums and overridden headers only with the whole object.
  if (isWhole && wanted.wantsChecksums) headers.push(...(version.checksums ?? []));
  if (isWhole) for (const [name, value] of wanted.overrides) override(headers, name, value);
  else headers.push('Content-Range', `bytes ${from}-${to - 1}/${version.size}`);
  headers.push('Content-Length', String(to - from));
  return { status: isWhole ? 200 : 206, headers };
}

/** Whether the cache can send the same checksums as S3 would. The result is true if the caller wants no checksums. */
export function canServeChecksums(wanted: WantedRead, version: ObjectVersion): boolean {
  if (!wanted.wantsChecksums) return true;
  return wanted.range === undefined ? version.checksums !== undefined : version.hasBareRanges === true;
}

function override(headers: string[], name: string, value: string): void {
  const lower = name.toLowerCase();
  const at = headers.findIndex((sent, i) => i % 2 === 0 && sent.toLowerCase() === lower);
  if (at === -1) headers.push(name, value);
  else headers[at + 1] = value;
}

export function notModified({ etag, lastModified }: ObjectVersion): UpstreamResponse {
  const headers = ['ETag', etag];
  if (lastModified !== undefined) headers.push('Last-Modified', lastModified);
  return wholeResponse(304, headers, '');
}

/** @param body a Latin-1 string */
export function wholeResponse(status: number, headers: readonly string[], body: string): UpstreamResponse {
  return {
    status,
    headers,
    whole: body,
    pipe: (sink) => {
      if (body !== '') sink.write(Buffer.from(body, 'latin1'));
      sink.end();
    },
    resume: nothing,
    abort: nothing,
  };
}

const nothing = (): void => undefined;

/** Builds S3's error for a condition that is not met. A response to HEAD has no body, so it contains no error code. */
export function preconditionFailed(condition: string, isHead: boolean): S3Error {
  return {
    status: 412,
    code: isHead ? undefined : 'PreconditionFailed',
    region: undefined,
    details: isHead ? [] : [['Condition', condition]],
    denial: undefined,
    headers: [],
  };
}
