// If the metadata server fails, `fedbridge caller-credentials` and deploy/caller-credentials.sh report the same error
// and print nothing to standard output.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listen } from '../../src/sandbox/upstream-server.ts';
import { AUDIENCE, NAMES, startPrograms } from './caller-programs.ts';
import type { Programs } from './caller-programs.ts';

let programs: Programs;
before(async () => {
  programs = await startPrograms();
});
after(() => programs.close());

const INVALID =
  /^metadata server: must respond with an ID token, but responded with something else\. Check which server listens at GCE_/;
const UNREACHABLE =
  /^metadata server: must be reachable, but is not\. On Google Cloud, check GCE_METADATA_HOST\. /;
const LATE = /^metadata server: must respond within 5 s, but did not\. Try again\. If the problem persists, /;

describe('both caller-credentials programs', () => {
  const FAULTS: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    ['resets connections', { fault: 'reset' }, UNREACHABLE],
    ['hangs', { fault: 'hang' }, LATE],
    ['stalls mid-response', { fault: 'stall', after: 40 }, LATE],
    ['closes the connection mid-response', { fault: 'cut', after: 40 }, UNREACHABLE],
    ['sends garbage', { fault: 'garbage' }, INVALID],
    ['sends nothing', { fault: 'empty' }, INVALID],
    ['sends an HTML page', { fault: 'status', status: 200 }, INVALID],
    [
      'has no account',
      { fault: 'status', status: 404 },
      /^metadata server: must have a service account, but has none\. /,
    ],
    [
      'rejects the request',
      { fault: 'status', status: 403 },
      /^metadata server: must respond with status 200, but responded with 403\. /,
    ],
    [
      'keeps failing',
      { fault: 'status', status: 503 },
      /but responded with 503\. Try again\. If the problem persists, /,
    ],
  ];
  for (const [what, fault, expected] of FAULTS) {
    it(`report the same error, and print nothing to standard output, if the metadata server ${what}`, async () => {
      await programs.wire.fault({ upstream: 'metadata', ...fault });
      try {
        const { code, stdout, stderr } = await programs.both(['--audience', AUDIENCE]);
        assert.deepEqual([code, stdout], [1, '']);
        assert.match(stderr, expected);
        assert.equal(stderr.trimEnd().split('\n').length, 1);
      } finally {
        await programs.wire.clearFaults();
      }
    });
  }
  it('report the same error, and print nothing to standard output, if the metadata server is unreachable', async () => {
    const { code, stdout, stderr } = await programs.both(['--audience', AUDIENCE], {
      GCE_METADATA_HOST: '127.0.0.1:1',
    });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, UNREACHABLE);
  });
  it('report the same error, and print nothing to standard output, if the response has no Metadata-Flavor header or contains an invalid token', async () => {
    const token = await programs.wire.token('reader');
    const [head = '', , signature = ''] = token.split('.');
    const withClaims = (claims: string) =>
      [head, Buffer.from(claims).toString('base64url'), signature].join('.');
    const google = { 'metadata-flavor': 'Google' };
    const responses: readonly (readonly [Record<string, string>, string])[] = [
      [{}, token],
      [{ 'metadata-flavor': 'google' }, token],
      [google, `${token}.x`],
      [google, 'not.a.token'],
      [google, withClaims('{"aud":"x"}')],
      [google, withClaims('{"aud":"\\"exp\\":1900000000"}')],
      [google, withClaims('{"exp":1e30}')],
      [google, withClaims('{"exp":999999999999999}')],
    ];
    for (const [headers, body] of responses) {
      const server = await listen(0, (_, response) => response.writeHead(200, headers).end(body));
      const { code, stdout, stderr } = await programs
        .both(['--audience', AUDIENCE], {
          GCE_METADATA_HOST: `127.0.0.1:${server.port}`,
        })
        .finally(server.close);
      assert.deepEqual([code, stdout], [1, ''], body);
      assert.match(stderr, INVALID);
    }
  });
  it('report the same error, and print nothing to standard output, if the metadata server sends an expired token', async () => {
    await programs.wire.control('PUT', '/clock', { upstream: 'metadata', offsetSeconds: -7200 });
    try {
      const { code, stdout, stderr } = await programs.both(['--audience', 'https://late.example']);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(
        stderr,
        /^identity token: must still be valid, but expired at \S+Z\. Correct this machine's clock\.\n$/,
      );
    } finally {
      await programs.wire.control('PUT', '/clock', { upstream: 'metadata', offsetSeconds: 0 });
    }
  });
});

describe('both caller-credentials programs', () => {
  it('retry if the metadata server fails once', async () => {
    for (const name of NAMES) {
      await programs.wire.fault({ upstream: 'metadata', fault: 'status', status: 503, times: 1 });
      const { code, stderr } = await programs.run(name, ['--audience', AUDIENCE]);
      assert.deepEqual([code, stderr], [0, '']);
      assert.equal((await programs.run(name, ['--audience', AUDIENCE])).code, 0);
    }
  });
});
