// Values that each field accepts and rejects; a rejection names the field and the rule.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertOneProblem, configWith, problemsWith } from './sample.ts';

const ROLE = 'arn:aws:iam::123456789012:role/gcp-lake-read';

/** A field's path, an invalid value, and the only problem that the value causes. */
const WITH_VIA = (via: string) => ({ role: 'lake', region: 'eu-west-1', via });

const REJECTED: readonly (readonly [path: string, value: unknown, problem: RegExp])[] = [
  ['audience', undefined, /^audience: is missing; it must be /],
  ['audience', '', /^audience: must be a string .*not ""/],
  ['audience', [], /^audience: must have at least one entry/],
  ['audience', ['https://a.example', 7], /^audience\[1\]: .*not the number 7\. Put the value in quotes/],
  ['audience', ' https://a.example', /^audience: .*without spaces/],
  ['aws region', 'Ireland', /^aws\.region: must be an AWS region, like eu-west-1, not "Ireland"/],
  ['aws region', 'eu-west-1.evil.example', /^aws\.region: /],
  ['aws audience', '', /^aws\.audience: /],
  ['identity', 'metdata', /^identity: must be metadata, or a map .*not "metdata"/],
  ['identity', {}, /^identity: must have exactly one of impersonate, file and profile/],
  ['identity', [], /^identity: must be a map of fields, not a list/],
  ['roles', [], /^roles: must be a map of fields, not a list/],
  ['roles lake arn', undefined, /^roles\.lake\.arn: is missing; it must be the ARN of an IAM role/],
  [
    'roles lake arn',
    'arn:aws:iam::123456789012:user/lake',
    /^roles\.lake\.arn: .*not "arn:aws:iam::123456789012:user\/lake"/,
  ],
  ['roles lake arn', 'arn:aws:iam::1234:role/lake', /^roles\.lake\.arn: /],
  ['roles lake arn', `${ROLE}/`, /^roles\.lake\.arn: /],
  ['roles lake arn', 'arn:aws:iam::123456789012:role/team lake/reader', /^roles\.lake\.arn: /],
  ['roles lake arn', 'arn:aws:iam::123456789012:role/team:lake', /^roles\.lake\.arn: /],
  ['roles lake arn', `arn:aws:iam::123456789012:role/${'p'.repeat(511)}/reader`, /^roles\.lake\.arn: /],
  ['roles lake arn', `${ROLE}\n`, /^roles\.lake\.arn: .*\\u\{a\}/],
  ['roles lake arn', `arn:aws:iam::123456789012:role/${'a'.repeat(65)}`, /^roles\.lake\.arn: .*…"/],
  ['roles lake arn', `arn:aws:iam::123456789012:role/${'path/'.repeat(410)}a`, /^roles\.lake\.arn: /],
  [
    'roles lake duration',
    null,
    /^roles\.lake\.duration: .*not empty\. Give the field a value, or remove the field/,
  ],
  ['roles lake session', 'callr', /^roles\.lake\.session: must be one of caller, bridge, not "callr"/],
  ['buckets acme-lake target', 'Acme', /^buckets\.acme-lake\.target: must be a bucket name or the ARN/],
  [
    'buckets acme-lake target',
    'lake-ap-abcdefghij1234567890abcdefghs3-s3alias',
    /^buckets\.acme-lake\.target: must be .* the ARN of an access point in one region, not ".*-s3alias"\. An alias \(-s3alias\) is not accepted, .* `aws s3control list-access-points .*shows the ARN next to the alias/,
  ],
  ['buckets acme-lake target', 'lake-abcdefghij-ext-s3alias', /^buckets\.acme-lake\.target: .*An alias/],
  [
    'buckets acme-lake target',
    'arn:aws:s3::123456789012:accesspoint/abc.mrap',
    /^buckets\.acme-lake\.target: .*in one region/,
  ],
  [
    'buckets acme-lake target',
    'lake.mrap',
    /^buckets\.acme-lake\.target: must be .*, not "lake\.mrap"\. A multi-Region access point \(\.mrap\) .* SigV4A.* Use /,
  ],
  [
    'buckets acme-lake target',
    'lake--use1-az4--x-s3',
    /^buckets\.acme-lake\.target: .* A directory bucket \(--x-s3\) is not accepted, .*\. Copy /,
  ],
  [
    'buckets acme-lake target',
    'lake--use1-az4--xa-s3',
    /^buckets\.acme-lake\.target: .*access point for a directory/,
  ],
  [
    'buckets acme-lake target',
    'lake--table-s3',
    /^buckets\.acme-lake\.target: .* A table bucket \(--table-s3\) is not accepted, .*\. Copy /,
  ],
  ['buckets acme-lake target', 'lake-x1y2--ol-s3', /^buckets\.acme-lake\.target: .*Object Lambda .*\. Use /],
  ['buckets acme-lake region', 'us-east-2/', /^buckets\.acme-lake\.region: /],
  [
    'buckets acme-lake endpoint',
    'http://s3.example',
    /^buckets\.acme-lake\.endpoint: .*http only for a loopback host/,
  ],
  [
    'buckets acme-lake',
    WITH_VIA('d111111abcdef8.cloudfront.net'),
    /^buckets\.acme-lake\.via: must be https:/,
  ],
  [
    'buckets acme-lake',
    WITH_VIA('http://d111111abcdef8.cloudfront.net'),
    /^buckets\.acme-lake\.via: must be https:/,
  ],
  ['buckets acme-lake endpoint', 'https://s3.example/path', /^buckets\.acme-lake\.endpoint: /],
  ['buckets acme-lake endpoint', 'https://s3.example?', /^buckets\.acme-lake\.endpoint: /],
  ['buckets acme-lake endpoint', 'https:s3.example', /^buckets\.acme-lake\.endpoint: /],
  ['buckets acme-lake endpoint', 'http://127.0.0.1.example', /^buckets\.acme-lake\.endpoint: /],
  [
    'buckets acme-lake requesterPays',
    'yes',
    /^buckets\.acme-lake\.requesterPays: must be true or false, not "yes"/,
  ],
  [
    'buckets acme-lake verifyChecksums',
    'always',
    /^buckets\.acme-lake\.verifyChecksums: must be true or false, not "always"/,
  ],
  ['buckets acme-lake cache', 'no', /^buckets\.acme-lake\.cache: must be true or false, not "no"/],
  ['cache', {}, /^cache\.memory: is missing/],
  ['cache', { memory: '15MiB' }, /^cache\.memory: must be a size .*16MiB/],
  ['cache', { memory: '64MiB', freshFor: '2h' }, /^cache\.freshFor: must be a duration .*1h/],
  ['cache', { memory: '64MiB', kms: 'disk' }, /^cache\.kms: must be one of never, memory/],
  [
    'buckets acme-lake expectedOwner',
    123456789012,
    /^buckets\.acme-lake\.expectedOwner: .*not the number 123456789012\. Put the value in quotes/,
  ],
  ['buckets acme-lake expectedOwner', '12345678901', /^buckets\.acme-lake\.expectedOwner: .*12 digits/],
  [
    'buckets acme-lake kmsKeys',
    ['arn:aws:kms:eu-west-1:123456789012:alias/lake'],
    /^buckets\.acme-lake\.kmsKeys\[0\]: .*Aliases are not accepted/,
  ],
  ['buckets acme-lake kmsKeys', ['*'], /^buckets\.acme-lake\.kmsKeys\[0\]: /],
  ['grants', {}, /^grants: must be a list, not a map of fields/],
  ['grants 0 callers', [], /^grants\[0\]\.callers: must have at least one entry/],
  ['grants 0 allow', [], /^grants\[0\]\.allow: must have at least one entry/],
  [
    'grants 0 allow',
    ['get', 'read'],
    /^grants\[0\]\.allow\[1\]: must be one of get, list, versions, tags, attributes, vend, not "read"/,
  ],
  ['grants 0 allow', 'get', /^grants\[0\]\.allow: must be a list, not "get"/],
  ['grants 0 bucket', undefined, /^grants\[0\]\.bucket: is missing/],
  [
    'grants 0 prefix',
    'raw/public',
    /^grants\[0\]\.prefix: .*end with "\/", not "raw\/public"\. Add the trailing slash: .* include "raw\/public-drafts"\./,
  ],
  ['grants 0 prefix', 'logs', /^grants\[0\]\.prefix: .* include "logs-drafts"\./],
  ['grants 0 prefix', '', /^grants\[0\]\.prefix: .*, not ""\. To grant the whole bucket, remove `prefix`\.$/],
  ['grants 0 prefix', 'a\0/', /^grants\[0\]\.prefix: /],
  ['grants 0 prefix', '\ud800/', /^grants\[0\]\.prefix: /],
  ['grants 0 prefix', `${'é'.repeat(512)}/`, /^grants\[0\]\.prefix: must be at most 1,024 bytes/],
  ['limits inFlight', 100_001, /^limits\.inFlight: .*from 1 to 100,000/],
  ['limits inFlight', '1000', /^limits\.inFlight: .*not "1000"\. Write the value without quotes/],
  ['operators', ['nobody'], /^operators\[0\]: must be an email/],
];

const ACCEPTED: readonly (readonly [path: string, value: unknown])[] = [
  ['audience', ['https://a.example', 'https://b.example']],
  ['aws region', 'us-gov-west-1'],
  ['aws region', 'eusc-de-east-1'],
  ['roles lake arn', 'arn:aws-us-gov:iam::123456789012:role/some/path/na+me=,.@-_'],
  ['roles lake arn', 'arn:aws:iam::123456789012:role/team:lake/reader'],
  ['roles lake arn', `arn:aws:iam::123456789012:role/!"#$%&'()*+;<=>?[\\]^{|}~/reader`],
  ['roles lake arn', `arn:aws:iam::123456789012:role/${'p'.repeat(510)}/reader`],
  ['roles lake duration', '12h'],
  ['roles lake then', []],
  ['buckets acme-lake target', 'arn:aws:s3:eu-west-1:123456789012:accesspoint/lake'],
  ['buckets acme-lake endpoint', 'http://[::1]:9000'],
  ['buckets acme-lake endpoint', 'http://127.8.9.10:9000/'],
  ['buckets acme-lake kmsKeys', ['arn:aws:kms:us-east-2:123456789012:key/mrk-0123abcd']],
  ['grants 0 prefix', '/begins/with/a/slash/'],
  ['grants 0 prefix', `${'é'.repeat(120)}/`],
  ['grants', []],
  ['limits drain', '0s'],
];

describe('a configuration field', () => {
  for (const [path, value, problem] of REJECTED) {
    it(`${path} rejects ${(JSON.stringify(value) as string | undefined)?.slice(0, 60) ?? 'a missing value'}`, () => {
      assertOneProblem(problemsWith([path, value]), problem);
    });
  }
  for (const [path, value] of ACCEPTED) {
    it(`${path} accepts ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.deepEqual(problemsWith([path, value]), []);
    });
  }
});

describe('an unknown configuration field', () => {
  for (const [path, problem] of [
    ['audiance', /^audiance: is not a known field\. Did you mean "audience"\?/],
    ['aws regoin', /^aws\.regoin: .*Did you mean "region"\?/],
    [
      'roles lake policyArns',
      /^roles\.lake\.policyArns: is not a known field\. Known fields here: arn, duration, session, then\./,
    ],
    ['buckets acme-lake kms-keys', /^buckets\.acme-lake\.kms-keys: .*Did you mean "kmsKeys"\?/],
    ['grants 0 buckets', /^grants\[0\]\.buckets: .*Did you mean "bucket"\?/],
    ['limits in flight', /^limits\.in: is not a known field/],
  ] as const) {
    it(`${path} is reported, with a suggestion`, () => {
      assertOneProblem(problemsWith([path, 'x']), problem);
    });
  }
});

describe('a valid configuration document', () => {
  it('has its defaults filled in', () => {
    const config = configWith(['aws audience', undefined]);
    assert.equal(config.aws.audience, 'fedbridge');
    assert.deepEqual(config.identity, { kind: 'metadata' });
    assert.deepEqual(config.roles.get('lake'), {
      name: 'lake',
      arn: ROLE,
      durationSeconds: 3600,
      session: 'caller',
      then: [],
    });
    assert.deepEqual(config.limits, { inFlight: 1000, perCaller: 200, stallSeconds: 30, drainSeconds: 9 });
    assert.deepEqual(config.buckets.get('acme-lake'), {
      name: 'acme-lake',
      role: config.roles.get('lake'),
      target: 'acme-lake',
      requesterPays: false,
      kmsKeys: [],
      verifyChecksums: false,
      cache: true,
    });
    assert.deepEqual(config.grants[0]?.scope, { kind: 'bucket' });
  });

  it('sets limits.perCaller to limits.inFlight by default', () => {
    assert.equal(configWith(['limits inFlight', 50]).limits.perCaller, 50);
  });

  it("has a bucket's region filled in from its access point ARN", () => {
    const target = 'arn:aws:s3:us-east-2:123456789012:accesspoint/lake';
    assert.equal(
      configWith(['buckets acme-lake target', target]).buckets.get('acme-lake')?.region,
      'us-east-2',
    );
  });
});
