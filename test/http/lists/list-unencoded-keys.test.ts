// `/-/objects` decodes keys only if S3 encoded them: some servers ignore `encoding-type=url`.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startStoodInWire } from '../../support/stand-in-wire.ts';
import type { StoodInWire } from '../../support/stand-in-wire.ts';

const ENCODED = '<EncodingType>url</EncodingType>';

describe('keys in a JSON listing', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire();
  });
  after(() => wire.close());

  const listed = async (inner: string): Promise<readonly unknown[]> => {
    wire.s3Answers((_request, response) => {
      response.end(`<ListBucketResult><Name>acme-lake</Name>${inner}</ListBucketResult>`);
    });
    const { status, text } = await wire.read({ path: '/-/objects?bucket=acme-lake' });
    assert.equal(status, 200, text);
    const { objects, prefixes } = JSON.parse(text) as { objects: { key: string }[]; prefixes: string[] };
    return [objects.map(({ key }) => key), prefixes];
  };

  for (const [what, encoding, sent, expected] of [
    ['returned unchanged if S3 did not encode them', '', ['a+b.txt', '100%.txt'], ['a+b.txt', '100%.txt']],
    ['decoded if S3 encoded them', ENCODED, ['a%2Bb+c', '100%25.txt'], ['a+b c', '100%.txt']],
    ['returned unchanged if they cannot be decoded', ENCODED, ['100%.txt', '%FF'], ['100%.txt', '%FF']],
  ] as const) {
    const entries = [
      ...sent.map((key) => `<Contents><Key>${key}</Key></Contents>`),
      ...sent.map((prefix) => `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`),
    ].join('');
    it(`are ${what}`, async () => {
      assert.deepEqual(await listed(encoding + entries), [expected, expected]);
      assert.deepEqual(await listed(entries + encoding), [expected, expected], 'with EncodingType last');
    });
  }
});
