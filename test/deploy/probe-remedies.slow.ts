// The remedy for a failed check of the probe names the option, permission or grant to correct.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { remedyOf } from '../../deploy/probe-remedies.ts';

const ID = { requestId: 'a-000001' };

describe('the remedy for a failed probe check', () => {
  for (const [what, cause, failed, expected] of [
    [
      'a machine on Google Cloud',
      'the probe gets no token',
      { name: 'read', status: null, error: 'metadata_unreachable' },
      /on Google Cloud/,
    ],
    [
      'the missing role',
      'impersonation is denied',
      { name: 'ungranted_caller', status: null, error: 'impersonation_denied' },
      /--ungranted-account .*OpenIdTokenCreator/,
    ],
    ['--url', 'there is no response', { name: 'read', status: null, error: 'ECONNREFUSED' }, /--url/],
    [
      '--invoker-audience',
      "the response is not the bridge's",
      { name: 'read', status: 403 },
      /--invoker-audience/,
    ],
    [
      '--audience',
      'the bridge rejects the token',
      { name: 'read', status: 401, error: 'unauthenticated', ...ID },
      /--audience/,
    ],
    [
      'the missing grant for --key',
      'no grant allows the read',
      { name: 'read', status: 403, error: 'not_granted', ...ID },
      /configuration, allow .*--key/,
    ],
    ['--key', 'the object does not exist', { name: 'read', status: 404, error: 'not_found', ...ID }, /--key/],
    [
      'the log',
      'the bridge fails',
      { name: 'ungranted_key', status: 502, error: 'federation_failed', ...ID },
      /log/,
    ],
    [
      'the wrong audience',
      'the bridge accepts a token for it',
      { name: 'wrong_audience', status: 200, ...ID },
      /another-bridge\.invalid/,
    ],
    [
      'the command that finds the grant',
      'a grant allows too much',
      { name: 'ungranted_key', status: 403, error: 'upstream_denied', ...ID },
      /should deny this request, but a grant allows it\. .* run `fedbridge check/,
    ],
  ] as const)
    it(`mentions ${what} if ${cause}`, () => {
      assert.match(remedyOf(failed), expected);
    });
});
