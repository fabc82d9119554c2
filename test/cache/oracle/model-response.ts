// What S3 responds to a read, written independently of the bridge and of the sandbox.
import { createHash } from 'node:crypto';
import type { Model, ModelRequest, Version } from './model-s3.ts';

export interface ModelResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  /** The version that the response is about; undefined if access was denied or there is none. */
  readonly version?: Version;
}

const NOTHING = Buffer.alloc(0);

/** KMS's message; the bridge recognizes a denial by KMS only by its text. */
const KMS_DENIAL =
  'User: arn:aws:sts::123456789012:assumed-role/lake/s is not authorized to perform: kms:Decrypt on the resource';

const failed = (
  status: number,
  code: string,
  isHead: boolean,
  { version, message = '' }: { readonly version?: Version; readonly message?: string } = {},
): ModelResponse => {
  const text = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const body = isHead ? NOTHING : Buffer.from(text);
  const headers = isHead ? {} : { 'content-length': String(body.length) };
  return { status, headers, body, ...(version === undefined ? {} : { version }) };
};

export function respondTo(
  model: Model,
  { method, session, key, versionId, headers: sent }: ModelRequest,
): ModelResponse {
  const isHead = method === 'HEAD';
  const right = versionId === undefined ? 'GetObject' : 'GetObjectVersion';
  if (!model.has(session, key, right)) return failed(403, 'AccessDenied', isHead);
  const version =
    versionId === undefined ? model.current(key) : model.versions(key).find((each) => each?.id === versionId);
  if (version === undefined) return failed(404, 'NoSuchKey', isHead);
  const own = { etag: version.etag, 'last-modified': version.lastModified };
  const [match, noneMatch] = [sent['if-match'], sent['if-none-match']];
  const [since, unmodifiedSince] = [sent['if-modified-since'], sent['if-unmodified-since']];
  const changed = Date.parse(version.lastModified);
  if (match !== undefined && match !== version.etag && match !== '*')
    return failed(412, 'PreconditionFailed', isHead, { version });
  if (match === undefined && unmodifiedSince !== undefined && changed > Date.parse(String(unmodifiedSince)))
    return failed(412, 'PreconditionFailed', isHead, { version });
  const isNotModified =
    noneMatch === undefined
      ? since !== undefined && changed <= Date.parse(String(since))
      : noneMatch === version.etag || noneMatch === '*';
  if (isNotModified) return { status: 304, headers: own, body: NOTHING, version };
  const range = rangeOf(sent['range'], version.body.length);
  if (range === 'unsatisfiable') return failed(416, 'InvalidRange', isHead, { version });
  const hasChecksums = sent['x-amz-checksum-mode'] === 'ENABLED' && range === undefined;
  if (version.isKms && (!isHead || hasChecksums) && !model.has(session, key, 'Decrypt'))
    return failed(403, 'AccessDenied', isHead, { message: KMS_DENIAL });
  const body = range === undefined ? version.body : version.body.subarray(range.from, range.to);
  const headers = {
    ...own,
    'accept-ranges': 'bytes',
    'content-type': 'text/x',
    'content-length': String(body.length),
    ...(model.isVersioned ? { 'x-amz-version-id': version.id } : {}),
    'x-amz-meta-m': version.metadata,
    'x-amz-server-side-encryption': version.isKms ? 'aws:kms' : 'AES256',
    ...(version.tags > 0 ? { 'x-amz-tagging-count': String(version.tags) } : {}),
    ...(range === undefined
      ? {}
      : { 'content-range': `bytes ${range.from}-${range.to - 1}/${version.body.length}` }),
    ...(hasChecksums
      ? { 'x-amz-checksum-sha256': createHash('sha256').update(version.body).digest('base64') }
      : {}),
  };
  return { status: range === undefined ? 200 : 206, headers, body: isHead ? NOTHING : body, version };
}

function rangeOf(
  header: string | string[] | undefined,
  size: number,
): { readonly from: number; readonly to: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(String(header ?? '')) ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const from = Math.max(0, size - Number(last));
    return from < size ? { from, to: size } : 'unsatisfiable';
  }
  if (last !== '' && Number(last) < Number(first)) return undefined;
  if (Number(first) >= size) return 'unsatisfiable';
  return { from: Number(first), to: last === '' ? size : Math.min(size, Number(last) + 1) };
}
