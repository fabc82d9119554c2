// The configuration check warns about valid settings that are probably mistakes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeProblem } from '../../src/config/problem.ts';
import { findWarnings } from '../../src/config/warnings.ts';
import { type Change, assertOneProblem, configWith } from './sample.ts';

const ARN = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const grant = { callers: ['a@acme-prod.iam.gserviceaccount.com'], allow: ['get'], bucket: 'acme-lake' };

describe('the configuration check', () => {
  const warningsWith = (...changes: readonly Change[]) =>
    findWarnings(configWith(...changes)).map(describeProblem);

  it('prints no warnings for the sample configuration', () => {
    assert.deepEqual(warningsWith(), []);
  });
  it('warns about a grant to a person if there is no console', () => {
    const people: Change = ['grants', [{ ...grant, callers: ['user:ana@acme.example'] }]];
    assertOneProblem(
      warningsWith(people),
      /^grants\[0\]\.callers\[0\]: names the person ana@acme\.example, but only the console accepts people/,
    );
    assert.deepEqual(
      warningsWith(people, ['console', { audience: '/projects/1/locations/x/services/y' }]),
      [],
    );
  });
  it('warns about a role that no bucket uses', () => {
    assertOneProblem(
      warningsWith(['roles spare', { arn: `${ARN}2` }]),
      /^roles\.spare: is not used by any bucket/,
    );
  });
  it('warns about a bucket that no grant uses', () => {
    assertOneProblem(
      warningsWith(['buckets spare', { role: 'lake' }]),
      /^buckets\.spare: is not used by any grant/,
    );
  });
  it('warns about a prefix or key that begins with a slash', () => {
    for (const [form, subject] of [
      ['prefix', '/raw/'],
      ['key', '/raw/a'],
    ] as const)
      assertOneProblem(
        warningsWith(['grants', [{ ...grant, [form]: subject }]]),
        new RegExp(`^grants\\[0\\]\\.${form}: begins with a slash`),
      );
  });
  it('warns about a prefix or key that is written as a URL', () => {
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, prefix: 's3://acme-lake/raw/' }]]),
      /^grants\[0\]\.prefix: begins with s3:\/\/, like a URL, .* matches nothing.*Write only the part after the bucket name: "raw\/"\./,
    );
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, key: 's3://acme-lake/raw/one.csv' }]]),
      /^grants\[0\]\.key: begins with s3:\/\/, .*"raw\/one\.csv"\./,
    );
  });
  it('warns about a * in a prefix or key', () => {
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, key: 'a*.csv' }]]),
      /^grants\[0\]\.key: contains \*, which is not a wildcard: .*\. Grant the prefix that ends with the last "\/" before the \*/,
    );
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, prefix: 'raw/*/' }]]),
      /^grants\[0\]\.prefix: contains \*/,
    );
  });
  it("warns about a KMS key in a region other than the bucket's", () => {
    const key = (region: string) =>
      `arn:aws:kms:${region}:123456789012:key/00000000-0000-4000-8000-000000000000`;
    const bucketWith = (region: string) =>
      warningsWith(['buckets acme-lake', { role: 'lake', region: 'us-east-2', kmsKeys: [key(region)] }]);
    assertOneProblem(
      bucketWith('eu-west-1'),
      /^buckets\.acme-lake\.kmsKeys\[0\]: is in eu-west-1, but the bucket is in us-east-2/,
    );
    assert.deepEqual(bucketWith('us-east-2'), []);
    assert.deepEqual(
      warningsWith(['buckets acme-lake', { role: 'lake', kmsKeys: [key('eu-west-1')] }]),
      [],
      'the region of the bucket is not configured',
    );
  });
  it('warns about a grant of credentials whose sessions are named after the bridge', () => {
    const vend: Change = ['grants 0 allow', ['get', 'vend']];
    assertOneProblem(
      warningsWith(vend, ['roles lake session', 'bridge']),
      /^grants\[0\]\.allow\[1\]: has no effect, because roles\.lake\.session is `bridge`.*Set the `session` of the role to `caller`/,
    );
    assert.deepEqual(warningsWith(vend), []);
  });
  it('warns about a grant of credentials to a person, who can use only the console', () => {
    const people: Change = ['console', { audience: '/projects/1/locations/europe-west1/services/console' }];
    const callers = [...grant.callers, 'user:ana@acme.example', 'user:bo@acme.example'];
    assertOneProblem(
      warningsWith(people, ['grants', [{ ...grant, callers, allow: ['get', 'vend'] }]]),
      /^grants\[0\]\.allow\[1\]: has no effect for user:ana@acme\.example and user:bo@acme\.example, because people use only the console, which issues no credentials\. Remove `vend`, or name people in a grant of their own without it/,
    );
    assert.deepEqual(warningsWith(people, ['grants', [{ ...grant, callers }]]), []);
  });
  it('warns about an audience with a trailing slash unless the same audience is also listed without it', () => {
    const audience = 'https://lake-bridge.example/';
    assertOneProblem(
      warningsWith(['audience', audience]),
      /^audience: ends with a slash, so tokens for "https:\/\/lake-bridge\.example" are rejected/,
    );
    assert.deepEqual(warningsWith(['audience', [audience, 'https://lake-bridge.example']]), []);
  });
  it('warns about an email whose domain is misspelled', () => {
    for (const [email, meant] of [
      ['a@acme-prod.iam.gserviceaccount.con', 'a@acme-prod.iam.gserviceaccount.com'],
      ['a@acme-prod.iam.gserviceacount.com', 'a@acme-prod.iam.gserviceaccount.com'],
      ['ana@acme.con', 'ana@acme.com'],
    ] as const)
      assertOneProblem(
        warningsWith(['grants', [{ ...grant, callers: [email] }]]),
        new RegExp(`^grants\\[0\\]\\.callers\\[0\\]: names ${email}, .* Did you mean "${meant}"\\?`),
      );
  });
  it('warns about an email that might belong to a group or a person', () => {
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, callers: ['x@corp.example'] }]]),
      /^grants\[0\]\.callers\[0\]: names x@corp\.example, .* A Google group never matches\./,
    );
  });
  it('warns about a grant to an email that does not belong to a service account', () => {
    const callers = [
      'a@acme-prod.iam.gserviceaccount.com',
      'acme-prod@appspot.gserviceaccount.com',
      '123456789012-compute@developer.gserviceaccount.com',
      '112010400000000710080',
      'project:acme-prod',
      'ana@acme.example',
    ];
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, callers }]]),
      /^grants\[0\]\.callers\[5\]: names ana@acme\.example, .*issued for OAuth clients.*let the person impersonate it/,
    );
    assertOneProblem(
      warningsWith([
        'grants',
        [{ ...grant, callers: ['a@gserviceaccount.com.example#112010400000000710080'] }],
      ]),
      /^grants\[0\]\.callers\[0\]: names a@gserviceaccount\.com\.example/,
    );
    assertOneProblem(
      warningsWith(['operators', ['notgserviceaccount@notgserviceaccount.com']]),
      /^operators\[0\]: names /,
    );
  });
  it('warns about a duration that is too long for role chaining if the AWS profile might itself assume a role', () => {
    const profile: Change = ['identity', { profile: 'lake' }];
    assertOneProblem(
      warningsWith(profile, ['roles lake duration', '2h']),
      /^roles\.lake\.duration: is longer than 1h, the maximum that STS allows if the AWS profile itself assumes a role/,
    );
    assert.deepEqual(warningsWith(profile, ['roles lake duration', '1h']), []);
    assert.deepEqual(warningsWith(['roles lake duration', '2h']), []);
  });
  it('warns about a grant that repeats an earlier one', () => {
    const callers = ['b@acme-prod.iam.gserviceaccount.com', 'a@acme-prod.iam.gserviceaccount.com'];
    const warnings = warningsWith([
      'grants',
      [
        { ...grant, callers, allow: ['get', 'list'] },
        { ...grant, callers, allow: ['get'] },
        { ...grant, callers: callers.toReversed(), allow: ['list', 'get'] },
      ],
    ]);
    assertOneProblem(warnings, /^grants\[2\]: repeats grants\[0\]/);
  });
});
