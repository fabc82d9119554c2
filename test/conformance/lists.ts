// S3's three list operations and the bridge's JSON list return the objects in a bucket page by page.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Stage } from './stage.ts';

/** Keys in the order of their UTF-8 bytes. */
const KEYS: readonly string[] = [
  'raw/list/a.csv',
  'raw/list/b b+c.csv',
  'raw/list/deep/1',
  'raw/list/deep/2',
  'raw/list/deep/er/3',
  'raw/list/e&<f>.csv',
  'raw/list/z/1',
  'raw/list/é',
  'raw/list/日本',
  'raw/list/😀',
];
const PREFIX = 'prefix=raw/list/';
const DIRECTLY = KEYS.filter((key) => !key.slice('raw/list/'.length).includes('/'));

const unescape = (text: string): string =>
  text.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name: string) => ({ lt: '<', gt: '>', quot: '"', apos: "'" })[name] ?? '&',
  );
const elements = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => unescape(text));
const keysOf = (xml: string): string[] => elements(xml, 'Key');
const prefixesOf = (xml: string): string[] =>
  [...xml.matchAll(/<CommonPrefixes>.*?<\/CommonPrefixes>/gs)].flatMap(([group]) =>
    elements(group, 'Prefix'),
  );

export function claimLists(stage: () => Stage): void {
  const list = async (query: string): Promise<string> => {
    const reply = await stage().get(`/acme-lake?${query}`, { as: 'reader' });
    assert.equal(reply.status, 200, `${query}: ${reply.text}`);
    assert.match(reply.headers['content-type'] ?? '', /^application\/xml/);
    return reply.text;
  };
  /**
   * @returns all pages, concatenated. @param next returns the query of the next page, or undefined after the last
   * page
   */
  const pages = async (query: string, next: (xml: string) => string | undefined): Promise<string> => {
    let all = '';
    for (let more: string | undefined = ''; more !== undefined;) {
      const xml = await list(`${query}${more}`);
      assert.ok(keysOf(xml).length + prefixesOf(xml).length <= 3, 'no more than max-keys');
      all += xml;
      more = elements(xml, 'IsTruncated')[0] === 'true' ? next(xml) : undefined;
    }
    return all;
  };
  const parameter = (name: string, value: string | undefined): string =>
    `&${name}=${encodeURIComponent(value ?? '')}`;

  describe('a listing', () => {
    before(async () => {
      for (const key of KEYS) await stage().put(key, key);
    });

    it('by ListObjectsV2 returns the keys below a prefix, with their size and ETag', async () => {
      const xml = await list(`list-type=2&${PREFIX}`);
      assert.deepEqual(keysOf(xml), KEYS);
      assert.deepEqual(elements(xml, 'Name'), ['acme-lake']);
      assert.deepEqual(elements(xml, 'KeyCount'), [String(KEYS.length)]);
      assert.deepEqual(
        elements(xml, 'Size'),
        KEYS.map((key) => String(Buffer.byteLength(key))),
      );
      assert.match(elements(xml, 'ETag')[0] ?? '', /^"[0-9a-f]{32}"$/);
      stage().seen('ListObjectsV2');
    });

    it('by ListObjectsV2 continues from page to page, with common prefixes in order', async () => {
      const token = (xml: string): string =>
        parameter('continuation-token', elements(xml, 'NextContinuationToken')[0]);
      assert.deepEqual(keysOf(await pages(`list-type=2&max-keys=3&${PREFIX}`, token)), KEYS);
      const grouped = await pages(`list-type=2&max-keys=2&delimiter=/&${PREFIX}`, token);
      assert.deepEqual(keysOf(grouped), DIRECTLY);
      assert.deepEqual(prefixesOf(grouped), ['raw/list/deep/', 'raw/list/z/']);
    });

    it('by ListObjectsV2 starts after the key in start-after', async () => {
      const xml = await list(`list-type=2&${PREFIX}&start-after=raw/list/deep/2`);
      assert.deepEqual(keysOf(xml), KEYS.slice(4));
    });

    it('by ListObjectsV2 includes owners if fetch-owner is set', async () => {
      const owners = async (query: string): Promise<number> =>
        elements(await list(`list-type=2&${PREFIX}${query}`), 'ID').length;
      assert.equal(await owners('&fetch-owner=true'), KEYS.length);
      assert.equal(await owners(''), 0);
    });

    it('has URL-encoded keys if the request sets encoding-type=url', async () => {
      const xml = await list(`list-type=2&encoding-type=url&${PREFIX}`);
      const decoded = keysOf(xml).map((key) => decodeURIComponent(key.replaceAll('+', ' ')));
      assert.deepEqual(decoded, KEYS);
      // Ceph encodes "/" too; the decoded key is the same.
      assert.equal(keysOf(xml)[0], stage().store === 'Ceph' ? 'raw%2Flist%2Fa.csv' : 'raw/list/a.csv');
      assert.deepEqual(elements(xml, 'EncodingType'), ['url']);
    });

    it('by ListObjects continues from marker to marker', async () => {
      assert.deepEqual(keysOf(await list(PREFIX)), KEYS);
      // S3 guarantees NextMarker only for requests with a delimiter. Without NextMarker, the last key is the next marker.
      const marker = (xml: string): string =>
        parameter('marker', elements(xml, 'NextMarker')[0] ?? keysOf(xml).at(-1));
      assert.deepEqual(keysOf(await pages(`max-keys=3&${PREFIX}`, marker)), KEYS);
      const grouped = await pages(`max-keys=2&delimiter=/&${PREFIX}`, marker);
      assert.deepEqual([keysOf(grouped), prefixesOf(grouped)], [DIRECTLY, ['raw/list/deep/', 'raw/list/z/']]);
      stage().seen('ListObjects');
    });

    it('is empty if there are no keys', async () => {
      assert.deepEqual(keysOf(await list('list-type=2&prefix=raw/none/')), []);
      assert.deepEqual(keysOf(await list(`list-type=2&max-keys=0&${PREFIX}`)), []);
    });

    it('can be read page by page as JSON', async () => {
      const keys: string[] = [];
      const prefixes: string[] = [];
      for (let more: string | null = ''; more !== null;) {
        const query = `bucket=acme-lake&prefix=raw/list/&delimiter=/&limit=2${more === '' ? '' : parameter('continue', more)}`;
        const reply = await stage().get(`/-/objects?${query}`, { as: 'reader' });
        assert.equal(reply.status, 200, reply.text);
        const page = JSON.parse(reply.text) as {
          objects: { key: string; size: number }[];
          prefixes: string[];
          next: string | null;
        };
        assert.ok(page.objects.every(({ key, size }) => size === Buffer.byteLength(key)));
        keys.push(...page.objects.map(({ key }) => key));
        prefixes.push(...page.prefixes);
        more = page.next;
      }
      assert.deepEqual([keys, prefixes], [DIRECTLY, ['raw/list/deep/', 'raw/list/z/']]);
    });

    it('does not reveal an account, tenant or role', async () => {
      for (const query of [`list-type=2&${PREFIX}`, PREFIX, `versions&${PREFIX}`]) {
        const reply = await stage().get(`/acme-lake?${query}`, { as: 'reader' });
        // Ceph adds an element with the tenant's name to each list, and the bridge forwards lists unchanged.
        const told = reply.text.replace(/<Tenant>123456789012<\/Tenant>|123456789012\$lake-owner/g, '');
        assert.doesNotMatch(told, /arn:aws|123456789012|gcp-lake-read/);
      }
    });
  });

  describe('a bucket', () => {
    it('appears in the bucket list of callers that may read it', async () => {
      const names = async (as: 'reader' | 'scoped'): Promise<string[]> =>
        elements((await stage().get('/', { as })).text, 'Name');
      assert.deepEqual(await names('reader'), ['acme-lake', 'acme-versions']);
      assert.deepEqual(await names('scoped'), ['acme-lake']);
      stage().seen('ListBuckets');
    });

    it('has the same region in the responses to HEAD and GetBucketLocation', async () => {
      const head = await stage().get('/acme-lake', { as: 'scoped', method: 'HEAD' });
      assert.deepEqual([head.status, head.headers['x-amz-bucket-region']], [200, stage().region]);
      stage().seen('HeadBucket');
      const location = await stage().get('/acme-lake?location', { as: 'scoped' });
      const [, region = ''] = /<LocationConstraint xmlns="[^"]+"\/?>([^<]*)/.exec(location.text) ?? [
        '',
        'none',
      ];
      // An empty LocationConstraint means us-east-1.
      assert.equal(region === '' ? 'us-east-1' : region, stage().region);
      stage().seen('GetBucketLocation');
    });
  });
}
