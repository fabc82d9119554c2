// A grant that is too long for a session policy is rejected when the bridge starts, not when a request arrives.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/auth/authorize.ts';
import { grantIndex } from '../../src/auth/grants.ts';
import { MAX_POLICY_CHARACTERS } from '../../src/config/aws-limits.ts';
import { sessionPolicies } from '../../src/policy/session-policy.ts';
import { assertOneProblem, configWith, problemsWith } from './sample.ts';

describe('a grant', () => {
  it('is rejected at startup if its session policy is too long for STS', () => {
    assertOneProblem(
      problemsWith(['grants 0 prefix', `${'é'.repeat(200)}/`]),
      /^grants\[0\]: needs a session policy of \d{4} characters, but STS accepts at most 2048\. Grant a shorter prefix/,
    );
  });
  it("has a session policy within STS's limit, even if one policy for all of the caller's grants would exceed it", () => {
    const [email, bucket, prefix] = ['reader@example.com', 'acme-lake', `${'a'.repeat(940)}/`];
    const { grants, buckets } = configWith([
      'grants',
      [
        { callers: [email], bucket, allow: ['get', 'versions'], prefix },
        { callers: [email], bucket, allow: ['get', 'versions', 'attributes'], prefix: `${prefix}b/` },
      ],
    ]);
    const access = grantIndex(grants, buckets)({ subject: '1', email });
    for (const version of ['', 'Version'] as const) {
      const actions = [`s3:GetObject${version}`, `s3:GetObject${version}Attributes`] as const;
      const decision = decide(access, { kind: 'object', bucket, actions, subject: `${prefix}b/k` });
      if (!('permit' in decision)) assert.fail('denied, although it is granted');
      const policy = sessionPolicies()(decision.permit.bucket, decision.permit.decided, grants);
      assert.ok(policy.length <= MAX_POLICY_CHARACTERS, `${policy.length} characters`);
      for (const action of actions) assert.ok(policy.includes(`"${action}"`));
    }
  });
});
