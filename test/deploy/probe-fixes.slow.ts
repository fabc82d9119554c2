// What a failed check of the probe's says to do names the option, the right or the grant that is wrong.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { remedyOf } from '../../deploy/probe-remedies.ts';

const ID = { requestId: 'a-000001' };

describe('the remedy of', () => {
  for (const [what, failed, says] of [
    ['no token', { name: 'read', status: null, error: 'metadata_unreachable' }, /on Google Cloud/],
    [
      'no right to be another',
      { name: 'ungranted_caller', status: null, error: 'impersonation_denied' },
      /--ungranted-account .*OpenIdTokenCreator/,
    ],
    ['no answer', { name: 'read', status: null, error: 'ECONNREFUSED' }, /--url/],
    ['another’s answer', { name: 'read', status: 403 }, /--invoker-audience/],
    ['a wrong audience', { name: 'read', status: 401, error: 'unauthenticated', ...ID }, /--audience/],
    ['no grant', { name: 'read', status: 403, error: 'not_granted', ...ID }, /Grant .*--key/],
    ['no object', { name: 'read', status: 404, error: 'not_found', ...ID }, /--key/],
    [
      'a fault of the bridge',
      { name: 'ungranted_key', status: 502, error: 'federation_failed', ...ID },
      /log/,
    ],
    ['a careless bridge', { name: 'wrong_audience', status: 200, ...ID }, /another-bridge\.invalid/],
    [
      'a grant too many',
      { name: 'ungranted_key', status: 403, error: 'upstream_denied', ...ID },
      /one of them reaches this: `fedbridge check/,
    ],
  ] as const)
    it(what, () => {
      assert.match(remedyOf(failed), says);
    });
});
