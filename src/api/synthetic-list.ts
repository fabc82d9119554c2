// Serves lists of a prefix that is broader than the caller's grants. Such a list contains only the common prefixes that lead to
// the grants, and needs no call to S3.
import type { Access } from '../auth/grants.ts';
import { visiblePrefixes } from '../auth/visible-prefixes.ts';
import { Fault } from '../errors/fault.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { ObjectRead } from '../s3/operation.ts';
import { escapeCharacter } from '../s3/target.ts';
import { sendDocument, escapeXml, S3_NAMESPACE, xmlDocument } from './responses/document.ts';
import { sendJsonList } from './json-list.ts';
import { responseClosed } from './responses/object.ts';

/**
 * The names that one kind of list uses (S3 API Reference): the root element, the parameters that set where a page starts, and
 * the element that shows where the next page starts.
 */
interface Shape {
  readonly root: string;
  /**
   * The parameters that set where the page starts, each with the element that repeats its value. If a request has several of
   * these parameters, the first one in this list takes effect.
   */
  readonly from: readonly (readonly [parameter: string, element: string])[];
  readonly next: string;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  ListObjectsV2: {
    root: 'ListBucketResult',
    from: [
      ['continuation-token', 'ContinuationToken'],
      ['start-after', 'StartAfter'],
    ],
    next: 'NextContinuationToken',
  },
  ListObjectVersions: {
    root: 'ListVersionsResult',
    from: [['key-marker', 'KeyMarker']],
    next: 'NextKeyMarker',
  },
};

const LIST_OBJECTS: Shape = { root: 'ListBucketResult', from: [['marker', 'Marker']], next: 'NextMarker' };

const shapeOf = ({ name }: ObjectRead): Shape => SHAPES[name] ?? LIST_OBJECTS;

/** S3's limits on the number of keys per page, and on the value of `max-keys`. */
const MAX_KEYS = 1000;
const LARGEST_NUMBER = 2_147_483_647;

/**
 * Returns the common prefixes that the list shows. Returns undefined unless the list has the delimiter '/', because a list
 * without this delimiter would reveal keys outside the grants.
 */
export function syntheticPrefixes(
  access: Access | undefined,
  list: ObjectRead,
): readonly string[] | undefined {
  const parameters = new Map(list.parameters);
  const [action] = list.actions;
  if (list.kind !== 'list' || action === undefined || parameters.get('delimiter') !== '/') return undefined;
  const after = shapeOf(list).from.flatMap(([name]) => parameters.get(name) ?? []);
  return visiblePrefixes(access, { action, prefix: list.subject, after: after[0] ?? '' });
}

/**
 * Sends the list, and resolves when the caller has received it or has disconnected.
 * @throws Fault parameter_invalid
 */
export async function sendSyntheticList(
  context: RequestContext,
  list: ObjectRead,
  prefixes: readonly string[],
): Promise<void> {
  const parameters = new Map(list.parameters);
  const most = pageSize(parameters.get('max-keys'));
  const page = prefixes.slice(0, most);
  const more = page.length > 0 && page.length < prefixes.length;
  if (list.form === 'json') {
    const next = more ? (page.at(-1) ?? null) : null;
    await sendJsonList(context, list, { objects: [], prefixes: page, next });
    return;
  }
  const encoding = parameters.get('encoding-type');
  if (encoding !== undefined && encoding !== 'url')
    throw new Fault('parameter_invalid', { parameter: 'encoding-type', rule: 'must be url' });
  const text = (value: string): string => escapeXml(encoding === 'url' ? formEncoded(value) : value);
  const element = (name: string, value: string): string => `<${name}>${value}</${name}>`;
  const { root, from, next } = shapeOf(list);
  const inner = [
    element('Name', escapeXml(list.bucket)),
    element('Prefix', text(list.subject)),
    ...from.flatMap(([name, repeated]) => {
      const value = parameters.get(name) ?? (list.name === 'ListObjectsV2' ? undefined : '');
      return value === undefined ? [] : [element(repeated, text(value))];
    }),
    ...(list.name === 'ListObjectsV2' ? [element('KeyCount', String(page.length))] : []),
    element('MaxKeys', String(most)),
    element('Delimiter', '/'),
    ...(encoding === undefined ? [] : [element('EncodingType', encoding)]),
    element('IsTruncated', String(more)),
    ...(more ? [element(next, text(page.at(-1) ?? ''))] : []),
    ...page.map((prefix) => element('CommonPrefixes', element('Prefix', text(prefix)))),
  ].join('');
  const document = xmlDocument(`<${root} ${S3_NAMESPACE}>${inner}</${root}>`);
  sendDocument(context, 'application/xml', document);
  await responseClosed(context.response);
}

/** @throws Fault parameter_invalid */
function pageSize(maxKeys = String(MAX_KEYS)): number {
  if (!/^\d+$/.test(maxKeys) || Number(maxKeys) > LARGEST_NUMBER)
    throw new Fault('parameter_invalid', {
      parameter: 'max-keys',
      rule: `must be a whole number from 0 to ${LARGEST_NUMBER}`,
    });
  return Math.min(Number(maxKeys), MAX_KEYS);
}

/** Encodes text as S3 does in lists: keeps '/', and replaces a space with '+'. */
function formEncoded(text: string): string {
  const escaped = encodeURIComponent(text).replace(/[!'()~]/g, escapeCharacter);
  return escaped.replaceAll('%20', '+').replaceAll('%2F', '/');
}
