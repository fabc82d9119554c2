// What is valid and yet hardly meant.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tellProblem } from '../../src/config/problem.ts';
import { warningsOf } from '../../src/config/warnings.ts';
import { type Change, assertOneProblem, configWith } from './sample.ts';

const ARN = 'arn:aws:iam::123456789012:role/gcp-lake-read';
const grant = { callers: ['a@example.com'], allow: ['get'], bucket: 'acme-lake' };

describe('warned of, and not refused', () => {
  const warningsWith = (...changes: readonly Change[]) => warningsOf(configWith(...changes)).map(tellProblem);

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
  it('is a grant that says the same as one before', () => {
    const callers = ['b@example.com', 'a@example.com'];
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
