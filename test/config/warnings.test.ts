// What is valid and yet hardly meant.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeProblem } from '../../src/config/problem.ts';
import { findWarnings } from '../../src/config/warnings.ts';
import { type Change, assertOneProblem, configWith } from './sample.ts';

const ARN = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const grant = { callers: ['a@acme-prod.iam.gserviceaccount.com'], allow: ['get'], bucket: 'acme-lake' };

describe('warned of, and not refused', () => {
  const warningsWith = (...changes: readonly Change[]) =>
    findWarnings(configWith(...changes)).map(describeProblem);

  it('is nothing about the sample', () => {
    assert.deepEqual(warningsWith(), []);
  });
  it('is a role that no bucket names', () => {
    assertOneProblem(
      warningsWith(['roles spare', { arn: `${ARN}2` }]),
      /^roles\.spare: is used by no bucket/,
    );
  });
  it('is a bucket that no grant names', () => {
    assertOneProblem(
      warningsWith(['buckets spare', { role: 'lake' }]),
      /^buckets\.spare: is used by no grant/,
    );
  });
  it('is a prefix or key that begins with a slash', () => {
    for (const [form, subject] of [
      ['prefix', '/raw/'],
      ['key', '/raw/a'],
    ] as const)
      assertOneProblem(
        warningsWith(['grants', [{ ...grant, [form]: subject }]]),
        new RegExp(`^grants\\[0\\]\\.${form}: begins with a slash`),
      );
  });
  it('is a prefix or key that is written as a URL', () => {
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, prefix: 's3://acme-lake/raw/' }]]),
      /^grants\[0\]\.prefix: begins with s3:\/\/, .* matches nothing.*Write only what follows the bucket: "raw\/"\./,
    );
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, key: 's3://acme-lake/raw/one.csv' }]]),
      /^grants\[0\]\.key: begins with s3:\/\/, .*"raw\/one\.csv"\./,
    );
  });
  it('is a * in a prefix or key', () => {
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, key: 'a*.csv' }]]),
      /^grants\[0\]\.key: contains \*, which stands only for itself: .*\. Grant the prefix above/,
    );
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, prefix: 'raw/*/' }]]),
      /^grants\[0\]\.prefix: contains \*/,
    );
  });
  it('is an audience with a closing slash, unless it is there without one too', () => {
    const audience = 'https://lake-bridge.example/';
    assertOneProblem(
      warningsWith(['audience', audience]),
      /^audience: ends with a slash, .* tokens for "https:\/\/lake-bridge\.example" are rejected/,
    );
    assert.deepEqual(warningsWith(['audience', [audience, 'https://lake-bridge.example']]), []);
  });
  it('is an e-mail whose domain is misspelled', () => {
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
  it("is a group's e-mail, as a person's", () => {
    assertOneProblem(
      warningsWith(['grants', [{ ...grant, callers: ['x@corp.example'] }]]),
      /^grants\[0\]\.callers\[0\]: names x@corp\.example, .* The e-mail of a Google group matches nobody\./,
    );
  });
  it('is a grant to an e-mail that is not of a service account', () => {
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
      /^grants\[0\]\.callers\[5\]: names ana@acme\.example, .*any OAuth client.*let the person impersonate it/,
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
  it('is a longer session than a chain has, where a profile may have a role itself', () => {
    const profile: Change = ['identity', { profile: 'lake' }];
    assertOneProblem(
      warningsWith(profile, ['roles lake duration', '2h']),
      /^roles\.lake\.duration: is rejected by STS above 1h if the AWS profile has a role_arn/,
    );
    assert.deepEqual(warningsWith(profile, ['roles lake duration', '1h']), []);
    assert.deepEqual(warningsWith(['roles lake duration', '2h']), []);
  });
  it('is a grant that says the same as one before', () => {
    const callers = ['b@acme-prod.iam.gserviceaccount.com', 'a@acme-prod.iam.gserviceaccount.com'];
    const warnings = warningsWith([
      'grants',
      [
        { ...grant, callers, allow: ['get', 'list'] },
        { ...grant, callers, allow: ['get'] },
        { ...grant, callers: callers.toReversed(), allow: ['list', 'get'] },
      ],
    ]);
    assertOneProblem(warnings, /^grants\[2\]: says the same as grants\[0\]/);
  });
});
