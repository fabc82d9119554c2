// Answers a list from above a caller's grants, out of the grants alone: the common prefixes that lead down to them.
import type { ServerResponse } from 'node:http';
import type { Access } from '../callers/grants.ts';
import { leadingPrefixes } from '../callers/walk-down.ts';
import type { ObjectRead } from '../s3/operation.ts';
import { encodeKey } from '../s3/target.ts';
import { escapeXml } from './fault-answer.ts';
import { answerJsonList } from './json-list.ts';

/** The element that holds the page, and the names of where it goes on (S3 API Reference). */
const SHAPES: Readonly<
  Record<string, { readonly root: string; readonly from: readonly string[]; readonly next: string }>
> = {
  ListObjectsV2: {
    root: 'ListBucketResult',
    from: ['continuation-token', 'start-after'],
    next: 'NextContinuationToken',
  },
  ListObjects: { root: 'ListBucketResult', from: ['marker'], next: 'NextMarker' },
  ListObjectVersions: { root: 'ListVersionsResult', from: ['key-marker'], next: 'NextKeyMarker' },
};

/** S3's limit of a page. */
const MAX_KEYS = 1000;

/** Only a list that stops at '/' can be answered without showing what lies beside the way. */
export function walkedPrefixes(access: Access | undefined, list: ObjectRead): readonly string[] | undefined {
  const parameters = new Map(list.parameters);
  const [action] = list.actions;
  if (list.kind !== 'list' || action === undefined || parameters.get('delimiter') !== '/') return undefined;
  return leadingPrefixes(access, action, list.subject);
}

/** @returns the bytes of the body */
export function answerWalk(
  response: ServerResponse,
  list: ObjectRead,
  prefixes: readonly string[],
  requestId: string,
): number {
  const parameters = new Map(list.parameters);
  const { root, from, next } = SHAPES[list.name] ?? {
    root: 'ListBucketResult',
    from: [],
    next: 'NextMarker',
  };
  const behind = from.map((name) => parameters.get(name)).find((value) => value !== undefined) ?? '';
  const most = Math.min(Number(parameters.get('max-keys') ?? MAX_KEYS) || 0, MAX_KEYS);
  const left = prefixes.filter((prefix) => Buffer.compare(Buffer.from(prefix), Buffer.from(behind)) > 0);
  const page = left.slice(0, most);
  const more = page.length > 0 && page.length < left.length;
  if (list.form === 'json') {
    return answerJsonList(
      response,
      list,
      { objects: [], prefixes: page, next: more ? (page.at(-1) ?? null) : null },
      requestId,
    );
  }
  const url = parameters.get('encoding-type') === 'url';
  const text = (value: string): string => escapeXml(url ? encodeKey(value) : value);
  const element = (name: string, value: string): string => `<${name}>${value}</${name}>`;
  const inner = [
    element('Name', escapeXml(list.bucket)),
    element('Prefix', text(list.subject)),
    ...(list.name === 'ListObjectsV2' ? [element('KeyCount', String(page.length))] : []),
    element('MaxKeys', String(most)),
    element('Delimiter', '/'),
    ...(url ? [element('EncodingType', 'url')] : []),
    element('IsTruncated', String(more)),
    ...(more ? [element(next, text(page.at(-1) ?? ''))] : []),
    ...page.map((prefix) => element('CommonPrefixes', element('Prefix', text(prefix)))),
  ].join('');
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`,
  );
  const headers = [
    'x-request-id',
    requestId,
    'content-type',
    'application/xml',
    'content-length',
    String(body.length),
  ];
  response.writeHead(200, headers).end(body);
  return body.length;
}
