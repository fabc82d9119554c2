// /-/explain shows callers which of their own grants allows a read, or why none does. It makes the same decision as the read
// itself, and reveals no other caller's grants.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, emailOf } from '../../support/configuration.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

const READER_ID = '112010400000000710080';

interface Explanation {
  readonly allowed: boolean;
  readonly needs: readonly string[];
  readonly decidedBy: readonly Readonly<Record<string, unknown>>[];
  readonly why: string;
  readonly hint?: string;
}

/** Queries for /-/explain, each with the corresponding read. */
const READS: readonly (readonly [query: string, read: string])[] = [
  ['key=raw/public/orders.csv', '/acme-lake/raw/public/orders.csv'],
  ['key=raw/private/salaries.csv', '/acme-lake/raw/private/salaries.csv'],
  ['key=raw/public', '/acme-lake/raw/public'],
  ['key=README.txt', '/acme-lake/README.txt'],
  ['key=a%20b%2F..%2Fc', '/acme-lake/a%20b/../c'],
  ['action=list&prefix=raw/public/', '/acme-lake?list-type=2&prefix=raw/public/'],
  ['action=list&prefix=raw/public', '/acme-lake?list-type=2&prefix=raw/public'],
  ['action=list&prefix=raw/', '/acme-lake?list-type=2&prefix=raw/'],
  ['action=list', '/acme-lake?list-type=2'],
  ['action=versions&key=raw/public/orders.csv', '/acme-lake/raw/public/orders.csv?versionId=null'],
  ['action=tags&key=raw/public/orders.csv', '/acme-lake/raw/public/orders.csv?tagging'],
  ['action=tags&key=README.txt', '/acme-lake/README.txt?tagging'],
  ['action=attributes&key=README.txt', '/acme-lake/README.txt?attributes'],
];

describe('/-/explain', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: configured({
        buckets: { 'acme-lake': 'role: lake', 'acme-hidden': 'role: lake, target: acme-lake' },
        grants: [
          `callers: ["project:acme-prod"], allow: [get, list], bucket: acme-lake, prefix: raw/public/`,
          `callers: ["${READER_ID}", other@acme-prod.iam.gserviceaccount.com], allow: [get, tags, attributes], bucket: acme-lake, key: README.txt`,
          `callers: ["${emailOf('reader')}#${READER_ID}"], allow: [versions, get], bucket: acme-lake, prefix: raw/public/old/`,
          `callers: [other@acme-prod.iam.gserviceaccount.com], allow: [get, list, versions], bucket: acme-hidden`,
        ],
      }),
    });
  });
  after(() => wire.close());

  const explain = async (query: string, as: CallerName = 'reader'): Promise<Explanation> => {
    const reply = await wire.get(`/-/explain?bucket=acme-lake&${query}`, { as });
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(
      [reply.headers['content-type'], reply.headers['cache-control']],
      ['application/json', 'no-store'],
    );
    return JSON.parse(reply.text) as Explanation;
  };

  it('names the deciding grant, and shows how it matched the caller', async () => {
    assert.deepEqual(await explain('key=raw/public/orders.csv'), {
      bucket: 'acme-lake',
      key: 'raw/public/orders.csv',
      action: 'get',
      needs: ['s3:GetObject'],
      allowed: true,
      decidedBy: [
        {
          allow: ['get', 'list'],
          prefix: 'raw/public/',
          matchedBy: [{ projectOfVerifiedEmail: 'acme-prod' }],
        },
      ],
      why: 'Your grants cover this key. They allow get and list on raw/public/.',
    });
    const byId = await explain('key=README.txt&action=attributes');
    assert.deepEqual(byId.needs, ['s3:GetObject', 's3:GetObjectAttributes']);
    assert.deepEqual(byId.decidedBy, [
      {
        allow: ['get', 'tags', 'attributes'],
        key: 'README.txt',
        matchedBy: [{ uniqueId: READER_ID }],
      },
    ]);
    const byBoth = await explain('key=raw/public/old/a&action=versions');
    assert.deepEqual(byBoth.decidedBy[0]?.['matchedBy'], [
      { verifiedEmail: emailOf('reader'), uniqueId: READER_ID },
    ]);
  });

  it('makes the same decision as the read itself', async () => {
    for (const as of ['reader', 'scoped', 'stranger'] as const) {
      for (const [query, read] of READS) {
        const { allowed } = await explain(query, as);
        const headers = read.endsWith('?attributes') ? { 'x-amz-object-attributes': 'ETag' } : {};
        const reply = await wire.get(read, { as, headers });
        const granted = reply.headers['x-fedbridge-error'] !== 'not_granted';
        assert.equal(allowed, granted, `${as} ${query}: ${reply.status}`);
      }
    }
  });

  for (const [what, query, why, hint, as = 'reader'] of [
    [
      'that a grant covers the key but does not allow the action',
      'action=versions&key=raw/public/orders.csv',
      /^Your grants cover this key, but do not allow versions on it\.$/,
      /also allow versions on raw\/public\//,
    ],
    [
      'that the grants cover other keys',
      'key=raw/private/salaries.csv',
      /^Your grants that allow get in this bucket cover raw\/public\/, raw\/public\/old\/, and the key README\.txt, but not this key\.$/,
      /byte for byte/,
    ],
    [
      'that no grant covers the key and none allows the action',
      'action=tags&key=raw/private/x',
      /^Your grants in this bucket cover raw\/public\/\. No grant covers this key, and no grant allows tags\.$/,
      /operator for a grant that allows tags and covers the key/,
      'scoped',
    ],
    [
      'that the prefix must end with a slash',
      'action=list&prefix=raw/public',
      /^The prefix has no trailing slash, so the list would also include keys outside raw\/public\/, which your grants do not cover\.$/,
      /^Use the prefix raw\/public\/\.$/,
    ],
    [
      'that the prefix is above the grants',
      'action=list',
      /^This prefix is broader than your grants, which cover only raw\/public\/\.$/,
      /delimiter=\//,
    ],
  ] as const) {
    it(`explains ${what}`, async () => {
      const explanation = await explain(query, as);
      assert.equal(explanation.allowed, false);
      assert.deepEqual(explanation.decidedBy, []);
      assert.match(explanation.why, why);
      assert.match(explanation.hint ?? '', hint);
    });
  }

  it('gives the same explanation for a bucket without a grant as for a missing bucket', async () => {
    const explanationFor = async (bucket: string, as: CallerName): Promise<string> => {
      const reply = await wire.get(`/-/explain?bucket=${bucket}&key=a`, { as });
      assert.equal(reply.status, 200);
      return reply.text.replaceAll(bucket, 'BUCKET');
    };
    const existing = await explanationFor('acme-hidden', 'reader');
    assert.equal(existing, await explanationFor('no-such-bucket', 'reader'));
    assert.match(existing, /You have no grant on this bucket, or the bucket does not exist\./);
  });

  it("does not reveal other callers' grants, roles or accounts", async () => {
    for (const [query] of READS) {
      const { text } = await wire.get(`/-/explain?bucket=acme-lake&${query}`, { as: 'scoped' });
      assert.doesNotMatch(text, /other@|README\.txt(?!")|old\/|arn:|123456789012|710080|hidden/, query);
    }
  });

  it('explains that a token without an email can only match a unique ID', async () => {
    const token = await wire.token('stranger', { format: 'standard' });
    const reply = await wire.get('/-/explain?bucket=acme-lake&key=raw/public/orders.csv', {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.match((JSON.parse(reply.text) as Explanation).hint ?? '', /no verified email.*format=full/);
  });

  it('does not call the metadata server, STS or S3', async () => {
    const token = await wire.token('reader');
    await wire.forgetCalls();
    const headers = { authorization: `Bearer ${token}` };
    for (const [query] of READS) await wire.get(`/-/explain?bucket=acme-lake&${query}`, { headers });
    for (const upstream of ['metadata', 'sts', 's3'] as const)
      assert.deepEqual(await wire.calls(upstream), [], upstream);
  });

  it('requires a token, and rejects a token in the URL', async () => {
    const reply = await wire.get('/-/explain?bucket=acme-lake&key=a');
    assert.deepEqual([reply.status, reply.headers['content-type']], [401, 'application/problem+json']);
    const inUrl = await wire.get(`/-/explain?bucket=acme-lake&key=${await wire.token('reader')}`, {
      as: 'reader',
    });
    assert.deepEqual([inUrl.status, inUrl.headers['x-fedbridge-error']], [400, 'unauthenticated']);
  });

  for (const [query, parameter, detail] of [
    ['', 'bucket', 'bucket must be given'],
    ['bucket=acme-lake', 'key', 'key must be given (for action=list, give prefix instead)'],
    ['bucket=acme-lake&key=', 'key', 'key must be given (for action=list, give prefix instead)'],
    [
      'bucket=acme-lake&key=a&action=put',
      'action',
      'action must be one of get, list, versions, tags, attributes, vend',
    ],
    [
      'bucket=acme-lake&key=a&action=toString',
      'action',
      'action must be one of get, list, versions, tags, attributes, vend',
    ],
    ['bucket=acme-lake&key=a&action=list', 'key', 'key must not be given with action=list: use prefix'],
    ['bucket=acme-lake&key=a&prefix=b', 'prefix', 'prefix must not be given with action=get: use key'],
    ['bucket=acme-lake&key=a&key=b', 'key', undefined],
  ] as const) {
    it(`rejects the query "${query}" and names the parameter and the rule that it violates`, async () => {
      const reply = await wire.get(`/-/explain?${query}`, { as: 'reader' });
      assert.deepEqual([reply.status, reply.headers['content-type']], [400, 'application/problem+json']);
      const problem = JSON.parse(reply.text) as Record<string, unknown>;
      assert.deepEqual(
        [problem['status'], problem['error'], problem['parameter'], problem['detail']],
        [400, 'invalid_request', parameter, detail],
      );
    });
  }

  it('rejects invalid buckets, invalid keys and unknown parameters', async () => {
    for (const [query, status, title] of [
      ['bucket=A&key=a', 400, /bucket name/],
      [`bucket=acme-lake&key=${'k'.repeat(1025)}`, 400, /1024 bytes/],
      ['bucket=acme-lake&key=%00', 400, /NUL/],
      ['bucket=acme-lake&key=%zz', 400, /escape/],
      ['bucket=acme-lake&key=a&caller=other', 501, /query parameter/],
    ] as const) {
      const reply = await wire.get(`/-/explain?${query}`, { as: 'reader' });
      assert.equal(reply.status, status, query);
      assert.match((JSON.parse(reply.text) as { title: string }).title, title);
    }
  });

  it('decodes its query as form data, byte for byte', async () => {
    const spaced = (await explain('key=raw/public/a+b%2Bc')) as Explanation & { key: string };
    assert.deepEqual([spaced.key, spaced.allowed], ['raw/public/a b+c', true]);
    assert.equal((await explain('key=raw//public/a')).allowed, false);
    assert.equal(
      (await explain('key=raw/public/../private/a')).allowed,
      true,
      'dot segments are not resolved',
    );
  });

  it('writes one log line with the bucket and key', async () => {
    const reply = await wire.get('/-/explain?bucket=acme-lake&key=raw/x', { as: 'reader' });
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.deepEqual(
      [line['operation'], line['bucket'], line['key'], line['status'], line['severity']],
      ['explain', 'acme-lake', 'raw/x', 200, 'INFO'],
    );
  });
});
