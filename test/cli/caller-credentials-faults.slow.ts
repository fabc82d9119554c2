// `fedbridge caller-credentials` and deploy/caller-credentials.sh where the metadata server fails: the same words, nothing printed.
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

const NONSENSE =
  /^metadata server: must answer with an ID token, and answered with something else\. Check GCE_/;
const UNREACHABLE =
  /^metadata server: must be reachable, and is not\. On Google Cloud check GCE_METADATA_HOST\. /;
const LATE = /^metadata server: must answer within 5 s, and did not\. Try again; /;

describe('both programs say the same, with nothing on standard output, where the metadata server', () => {
  const FAULTS: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    ['resets connections', { fault: 'reset' }, UNREACHABLE],
    ['hangs', { fault: 'hang' }, LATE],
    ['stops in the middle', { fault: 'stall', after: 40 }, LATE],
    ['breaks off', { fault: 'cut', after: 40 }, UNREACHABLE],
    ['sends garbage', { fault: 'garbage' }, NONSENSE],
    ['sends nothing', { fault: 'empty' }, NONSENSE],
    ['sends a page', { fault: 'status', status: 200 }, NONSENSE],
    [
      'knows no account',
      { fault: 'status', status: 404 },
      /^metadata server: must know a service account, and knows none\. /,
    ],
    [
      'refuses',
      { fault: 'status', status: 403 },
      /^metadata server: must answer with status 200, and answered with 403\. /,
    ],
    ['has lasting trouble', { fault: 'status', status: 503 }, /and answered with 503\. Try again; /],
  ];
  for (const [what, fault, says] of FAULTS) {
    it(what, async () => {
      await programs.wire.fault({ supplier: 'metadata', ...fault });
      try {
        const { code, stdout, stderr } = await programs.both(['--audience', AUDIENCE]);
        assert.deepEqual([code, stdout], [1, '']);
        assert.match(stderr, says);
        assert.equal(stderr.trimEnd().split('\n').length, 1);
      } finally {
        await programs.wire.clearFaults();
      }
    });
  }
  it('is not there', async () => {
    const { code, stdout, stderr } = await programs.both(['--audience', AUDIENCE], {
      GCE_METADATA_HOST: '127.0.0.1:1',
    });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, UNREACHABLE);
  });
  it('is another machine’s web server, which lacks Metadata-Flavor, or sends no true token', async () => {
    const token = await programs.wire.token('reader');
    const [head = '', , signature = ''] = token.split('.');
    const withClaims = (claims: string) =>
      [head, Buffer.from(claims).toString('base64url'), signature].join('.');
    const google = { 'metadata-flavor': 'Google' };
    const answers: readonly (readonly [Record<string, string>, string])[] = [
      [{}, token],
      [{ 'metadata-flavor': 'google' }, token],
      [google, `${token}.x`],
      [google, 'not.a.token'],
      [google, withClaims('{"aud":"x"}')],
      [google, withClaims('{"aud":"\\"exp\\":1900000000"}')],
      [google, withClaims('{"exp":1e30}')],
      [google, withClaims('{"exp":999999999999999}')],
    ];
    for (const [headers, body] of answers) {
      const server = await listen(0, (_, response) => response.writeHead(200, headers).end(body));
      const { code, stdout, stderr } = await programs
        .both(['--audience', AUDIENCE], {
          GCE_METADATA_HOST: `127.0.0.1:${server.port}`,
        })
        .finally(server.close);
      assert.deepEqual([code, stdout], [1, ''], body);
      assert.match(stderr, NONSENSE);
    }
  });
  it('gives tokens that have ended', async () => {
    await programs.wire.control('PUT', '/clock', { supplier: 'metadata', offsetSeconds: -7200 });
    try {
      const { code, stdout, stderr } = await programs.both(['--audience', 'https://late.example']);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(
        stderr,
        /^identity token: must still be valid, and ended at \S+Z\. Set this machine's clock\.\n$/,
      );
    } finally {
      await programs.wire.control('PUT', '/clock', { supplier: 'metadata', offsetSeconds: 0 });
    }
  });
});

describe('both programs', () => {
  it('try again where the metadata server has a hiccup', async () => {
    for (const name of NAMES) {
      await programs.wire.fault({ supplier: 'metadata', fault: 'status', status: 503, times: 1 });
      const { code, stderr } = await programs.run(name, ['--audience', AUDIENCE]);
      assert.deepEqual([code, stderr], [0, '']);
      assert.equal((await programs.run(name, ['--audience', AUDIENCE])).code, 0);
    }
  });
});
