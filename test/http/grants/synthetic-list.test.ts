// A listing above a caller's granted prefixes shows the prefixes that lead to them, as S3 would if the bucket contained nothing
// else.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { configured, emailOf } from '../../support/configuration.ts';
import { directS3 } from '../../support/direct-s3.ts';
import type { Direct } from '../../support/direct-s3.ts';
import { ownerOf } from '../../support/owner.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** Prefixes on which the caller has the rights `get` and `list`. The caller also has grants with other rights. */
const GRANTED = ['raw/public/', 'raw/shared/a b+c/', 'raw/shared/été/', 'z%/', 'zoo/a/b/c/'];
const TWIN = 'acme-twin';

describe('a listing above the granted prefixes', () => {
  let wire: Wire;
  let owner: Direct;
  before(async () => {
    const scoped = `callers: [${emailOf('scoped')}], bucket: acme-lake`;
    wire = await startWire({
      config: configured({
        grants: [
          ...GRANTED.map((prefix) => `${scoped}, allow: [get, list], prefix: "${prefix}"`),
          `${scoped}, allow: [get], key: raw/private/salaries.csv`,
          `${scoped}, allow: [get], prefix: curated/`,
          `${scoped}, allow: [list, versions], prefix: old/`,
        ],
      }),
    });
    // The expected responses are S3's own, for a bucket with one object below each prefix that the caller may list.
    const twin = ownerOf(wire);
    await twin.send(new CreateBucketCommand({ Bucket: TWIN }));
    for (const prefix of [...GRANTED, 'old/']) {
      await twin.send(new PutObjectCommand({ Bucket: TWIN, Key: `${prefix}object` }));
    }
    twin.destroy();
    owner = directS3(wire, wire.sandbox.contract.owner);
  });
  after(() => wire.close());

  /** The XML elements of a listing, sorted, with opaque tokens masked. */
  const elementsOf = (xml: string): string[] =>
    [...xml.replace(/<\/?CommonPrefixes>/g, '').matchAll(/<(\w+)>([^<]*)<\/\1>|<(\w+)\/>/g)]
      .map(
        ([, name = '', value = '', empty = '']) => `${name}${empty}=${name.includes('Token') ? '…' : value}`,
      )
      .filter((element) => element !== `Name=${TWIN}` && element !== 'Name=acme-lake')
      .sort();

  for (const query of [
    'list-type=2&',
    'list-type=2&prefix=&',
    'list-type=2&prefix=raw/&',
    'list-type=2&prefix=raw/sh&',
    'list-type=2&prefix=zoo/a/&',
    'list-type=2&prefix=raw/shared/&encoding-type=url&',
    'list-type=2&prefix=z&encoding-type=url&',
    'list-type=2&max-keys=0&',
    'list-type=2&max-keys=1&',
    'list-type=2&start-after=raw/&',
    'list-type=2&start-after=raw/public/m&',
    'list-type=2&start-after=zz&',
    'list-type=2&start-after=zoo/a/b/c/m&',
    'list-type=2&start-after=raw/q&prefix=raw/&',
    '',
    'prefix=raw/&',
    'marker=raw/&',
    'max-keys=2&',
    'prefix=raw/shared/&encoding-type=url&max-keys=1&',
    'prefix=raw/&marker=raw/public/&',
    'list-type=2&max-keys=2147483647&',
  ]) {
    it(`with ?${query}delimiter=/ matches S3's response`, async () => {
      await wire.forgetCalls();
      const reply = await wire.get(`/acme-lake?${query}delimiter=/`, { as: 'scoped' });
      assert.deepEqual(await wire.calls('s3'), [], 'S3 is not called');
      assert.deepEqual(await wire.calls('sts'), [], 'STS is not called');
      const expected = await owner('GET', `/${TWIN}?${query}delimiter=/`);
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(elementsOf(reply.text), elementsOf(expected.text));
    });
  }

  for (const query of ['max-keys=-1', 'max-keys=many', 'max-keys=2147483648', 'encoding-type=base64']) {
    it(`with ?${query} is rejected with S3's error code`, async () => {
      for (const kind of ['list-type=2&', '']) {
        const reply = await wire.get(`/acme-lake?${kind}delimiter=/&${query}`, { as: 'scoped' });
        assert.deepEqual([reply.status, reply.code], [400, 'InvalidArgument']);
        assert.equal((await owner('GET', `/${TWIN}?${kind}delimiter=/&${query}`)).code, 'InvalidArgument');
      }
    });
  }

  it('continues from page to page', async () => {
    const prefixes: string[] = [];
    let more: string | undefined = '';
    while (more !== undefined) {
      const { text } = await wire.get(`/acme-lake?list-type=2&delimiter=/&max-keys=1${more}`, {
        as: 'scoped',
      });
      prefixes.push(/<CommonPrefixes><Prefix>([^<]*)</.exec(text)?.[1] ?? '');
      const token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1];
      more = token === undefined ? undefined : `&continuation-token=${encodeURIComponent(token)}`;
    }
    assert.deepEqual(prefixes, ['old/', 'raw/', 'z%/', 'zoo/']);
  });

  it('shows only the prefixes under which `versions` is granted if the list is of versions', async () => {
    const { text } = await wire.get('/acme-lake?versions&delimiter=/', { as: 'scoped' });
    assert.match(text, /^<\?xml[^>]*>\n<ListVersionsResult /);
    assert.equal(
      /<CommonPrefixes>.*<\/CommonPrefixes>/.exec(text)?.[0],
      '<CommonPrefixes><Prefix>old/</Prefix></CommonPrefixes>',
    );
  });

  it('continues from page to page if it is requested as JSON', async () => {
    const path = '/-/objects?bucket=acme-lake&prefix=raw/&delimiter=/&limit=1';
    const first = JSON.parse((await wire.get(path, { as: 'scoped' })).text) as { next: string };
    assert.deepEqual(first, {
      bucket: 'acme-lake',
      prefix: 'raw/',
      objects: [],
      prefixes: ['raw/public/'],
      next: first.next,
    });
    const more = await wire.get(`${path}&continue=${encodeURIComponent(first.next)}`, { as: 'scoped' });
    const { prefixes, next } = JSON.parse(more.text) as { prefixes: string[]; next: null };
    assert.deepEqual([prefixes, next], [['raw/shared/'], null]);
  });

  it('is denied if it would show more than the prefixes that lead to the grants', async () => {
    for (const query of [
      'list-type=2',
      'list-type=2&prefix=raw/',
      'list-type=2&prefix=raw/&delimiter=',
      'list-type=2&delimiter=a',
      'list-type=2&delimiter=//',
      'prefix=raw/',
      'list-type=2&delimiter=/&prefix=raw/private/',
      'list-type=2&delimiter=/&prefix=curated/',
      'list-type=2&delimiter=/&prefix=raw/publicity/',
      'versions',
      'versions&delimiter=/&prefix=raw/',
    ]) {
      const reply = await wire.get(`/acme-lake?${query}`, { as: 'scoped' });
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'not_granted'], query);
    }
  });

  it("is replaced by S3's own listing if the requested prefix is granted", async () => {
    const { text } = await wire.get('/acme-lake?list-type=2&delimiter=/&prefix=raw/public/', {
      as: 'scoped',
    });
    assert.match(text, /<Key>raw\/public\/orders\.csv<\/Key>/);
  });
});
