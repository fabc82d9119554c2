// /-/explain tells callers which of their own grants decides about a read, as the read itself would be decided, and nothing else.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, emailOf } from '../../support/configuration.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

const READER_ID = '112010400000000710080';

interface Explained {
  readonly allowed: boolean;
  readonly needs: readonly string[];
  readonly decidedBy: readonly Readonly<Record<string, unknown>>[];
  readonly why: string;
  readonly hint?: string;
}

/** What is asked, and the read that it is about. */
const READS: readonly (readonly [question: string, read: string])[] = [
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

  const ask = async (question: string, as: CallerName = 'reader'): Promise<Explained> => {
    const reply = await wire.get(`/-/explain?bucket=acme-lake&${question}`, { as });
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(
      [reply.headers['content-type'], reply.headers['cache-control']],
      ['application/json', 'no-store'],
    );
    return JSON.parse(reply.text) as Explained;
  };

  it('names the grant that decides, and by what it names the caller', async () => {
    assert.deepEqual(await ask('key=raw/public/orders.csv'), {
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
      why: 'Your grant of get and list on raw/public/ reaches this key.',
    });
    const byId = await ask('key=README.txt&action=attributes');
    assert.deepEqual(byId.needs, ['s3:GetObject', 's3:GetObjectAttributes']);
    assert.deepEqual(byId.decidedBy, [
      {
        allow: ['get', 'tags', 'attributes'],
        key: 'README.txt',
        matchedBy: [{ uniqueId: READER_ID }],
      },
    ]);
    const byBoth = await ask('key=raw/public/old/a&action=versions');
    assert.deepEqual(byBoth.decidedBy[0]?.['matchedBy'], [
      { verifiedEmail: emailOf('reader'), uniqueId: READER_ID },
    ]);
  });

  it('decides as the read itself is decided', async () => {
    for (const as of ['reader', 'scoped', 'stranger'] as const) {
      for (const [question, read] of READS) {
        const { allowed } = await ask(question, as);
        const headers = read.endsWith('?attributes') ? { 'x-amz-object-attributes': 'ETag' } : {};
        const reply = await wire.get(read, { as, headers });
        const granted = reply.headers['x-fedbridge-error'] !== 'not_granted';
        assert.equal(allowed, granted, `${as} ${question}: ${reply.status}`);
      }
    }
  });

  for (const [what, question, why, hint, as = 'reader'] of [
    [
      'that a grant reaches it but does not allow this',
      'action=versions&key=raw/public/orders.csv',
      /^A grant of yours reaches this key, but none that does allows versions\.$/,
      /allow versions too on raw\/public\//,
    ],
    [
      'that its grants lie elsewhere',
      'key=raw/private/salaries.csv',
      /^Your grants of get in this bucket reach raw\/public\/, raw\/public\/old\/, and the key README\.txt, and this key lies outside\.$/,
      /byte for byte/,
    ],
    [
      'that none reaches it and none allows it',
      'action=tags&key=raw/private/x',
      /^Your grants in this bucket reach raw\/public\/; none reaches this key, and none allows tags\.$/,
      /operator for a grant of tags/,
      'scoped',
    ],
    [
      'that a prefix must end at its slash',
      'action=list&prefix=raw/public',
      /^The prefix must end at a slash inside the grant: .* raw\/public\/ too\.$/,
      /^Ask for the prefix raw\/public\/\.$/,
    ],
    [
      'that the prefix lies above its grants',
      'action=list',
      /^This prefix lies above your grants, which begin at raw\/public\/\.$/,
      /delimiter=\//,
    ],
  ] as const) {
    it(`tells a caller ${what}`, async () => {
      const explained = await ask(question, as);
      assert.equal(explained.allowed, false);
      assert.deepEqual(explained.decidedBy, []);
      assert.match(explained.why, why);
      assert.match(explained.hint ?? '', hint);
    });
  }

  it('tells of nothing where the caller has nothing, whether there is such a bucket or not', async () => {
    const about = async (bucket: string, as: CallerName): Promise<string> => {
      const reply = await wire.get(`/-/explain?bucket=${bucket}&key=a`, { as });
      assert.equal(reply.status, 200);
      return reply.text.replaceAll(bucket, 'BUCKET');
    };
    const ours = await about('acme-hidden', 'reader');
    assert.equal(ours, await about('no-such-bucket', 'reader'));
    assert.match(ours, /No grant names you in this bucket, or there is no such bucket\./);
  });

  it("tells neither of others' grants nor of roles and accounts", async () => {
    for (const [question] of READS) {
      const { text } = await wire.get(`/-/explain?bucket=acme-lake&${question}`, { as: 'scoped' });
      assert.doesNotMatch(text, /other@|README\.txt(?!")|old\/|arn:|123456789012|710080|hidden/, question);
    }
  });

  it('tells a caller whose token has no e-mail that only a unique ID can name it', async () => {
    const token = await wire.token('stranger', { format: 'standard' });
    const reply = await wire.get('/-/explain?bucket=acme-lake&key=raw/public/orders.csv', {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.match((JSON.parse(reply.text) as Explained).hint ?? '', /no verified e-mail.*format=full/);
  });

  it('asks neither the metadata server nor STS nor S3', async () => {
    const token = await wire.token('reader');
    await wire.forgetCalls();
    const headers = { authorization: `Bearer ${token}` };
    for (const [question] of READS) await wire.get(`/-/explain?bucket=acme-lake&${question}`, { headers });
    for (const supplier of ['metadata', 'sts', 's3'] as const)
      assert.deepEqual(await wire.calls(supplier), [], supplier);
  });

  it('is for callers alone', async () => {
    const reply = await wire.get('/-/explain?bucket=acme-lake&key=a');
    assert.deepEqual([reply.status, reply.headers['content-type']], [401, 'application/problem+json']);
    const inUrl = await wire.get(`/-/explain?bucket=acme-lake&key=${await wire.token('reader')}`, {
      as: 'reader',
    });
    assert.deepEqual([inUrl.status, inUrl.headers['x-fedbridge-error']], [400, 'unauthenticated']);
  });

  for (const [query, parameter, detail] of [
    ['', 'bucket', 'bucket must be given'],
    ['bucket=acme-lake', 'key', 'key must be given; for action=list give prefix'],
    ['bucket=acme-lake&key=', 'key', 'key must be given; for action=list give prefix'],
    [
      'bucket=acme-lake&key=a&action=put',
      'action',
      'action must be one of get, list, versions, tags, attributes',
    ],
    [
      'bucket=acme-lake&key=a&action=toString',
      'action',
      'action must be one of get, list, versions, tags, attributes',
    ],
    ['bucket=acme-lake&key=a&action=list', 'key', 'key must not stand beside action=list: give prefix'],
    ['bucket=acme-lake&key=a&prefix=b', 'prefix', 'prefix must not stand beside action=get: give key'],
    ['bucket=acme-lake&key=a&key=b', 'key', undefined],
  ] as const) {
    it(`refuses "${query}" with the parameter and the rule`, async () => {
      const reply = await wire.get(`/-/explain?${query}`, { as: 'reader' });
      assert.deepEqual([reply.status, reply.headers['content-type']], [400, 'application/problem+json']);
      const problem = JSON.parse(reply.text) as Record<string, unknown>;
      assert.deepEqual(
        [problem['status'], problem['error'], problem['parameter'], problem['detail']],
        [400, 'invalid_request', parameter, detail],
      );
    });
  }

  it('refuses what is no bucket or key, and parameters that there are not', async () => {
    for (const [query, status, title] of [
      ['bucket=A&key=a', 400, /bucket's name/],
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

  it('reads its query in form encoding, byte for byte', async () => {
    const spaced = (await ask('key=raw/public/a+b%2Bc')) as Explained & { key: string };
    assert.deepEqual([spaced.key, spaced.allowed], ['raw/public/a b+c', true]);
    assert.equal((await ask('key=raw//public/a')).allowed, false);
    assert.equal((await ask('key=raw/public/../private/a')).allowed, true, 'no segment is dissolved');
  });

  it('is one line of the log, with bucket and key', async () => {
    const reply = await wire.get('/-/explain?bucket=acme-lake&key=raw/x', { as: 'reader' });
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.deepEqual(
      [line['operation'], line['bucket'], line['key'], line['status'], line['severity']],
      ['explain', 'acme-lake', 'raw/x', 200, 'INFO'],
    );
  });
});
