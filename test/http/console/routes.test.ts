// The console serves its page to everyone, data only to its own page, objects only as downloads, and credentials to no one.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured } from '../../support/configuration.ts';
import { asPerson, claimsOf, FROM_PAGE, withAssertion } from '../../support/people.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const OBJECT = '/-/object?bucket=acme-lake&key=';

describe('the console', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ console: true });
  });
  after(() => wire.close());

  const asReader = (): Record<string, string> => asPerson(wire.sandbox, 'reader');

  it('serves its page without authentication, even to cross-site requests, and compresses it if the browser accepts that', async () => {
    for (const headers of [{}, { 'sec-fetch-site': 'cross-site' }]) {
      const reply = await wire.get('/?bucket=acme-lake', { headers });
      assert.equal(reply.status, 200);
      // In a process of its own, the console serves its real page.
      assert.match(reply.text, /^(?:The page\.\n$|<!doctype html>\n)/);
      assert.equal(reply.headers['cache-control'], 'no-store');
    }
    for (const [accepted, coding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip;q=0.5', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['identity', undefined],
    ] as const) {
      const reply = await wire.get('/', { headers: { 'accept-encoding': accepted } });
      assert.equal(reply.headers['content-encoding'], coding);
      assert.equal(reply.headers.vary, 'Accept-Encoding');
    }
  });

  it('serves data only to its own page', async () => {
    for (const path of [
      '/-/whoami',
      '/-/objects?bucket=acme-lake',
      `${OBJECT}README.txt`,
      '/-/activity',
      '/-/egress',
    ])
      for (const site of ['cross-site', 'same-site', 'none', undefined]) {
        const { 'sec-fetch-site': _, ...assertion } = asReader();
        const headers = site === undefined ? assertion : { ...assertion, 'sec-fetch-site': site };
        const reply = await wire.get(path, { headers });
        assert.equal(reply.status, 403, `${path} ${site}`);
        assert.match(reply.text, /Only the console's own page/);
      }
    assert.equal((await wire.get(`${OBJECT}README.txt`, { headers: asReader() })).status, 200);
  });

  it('has no routes for credentials or S3 paths, and accepts no methods other than GET and HEAD', async () => {
    const paths = [
      '/-/credentials',
      '/-/sts',
      '/-/sts/',
      '/-/metrics',
      '/acme-lake/README.txt',
      '/acme-lake',
      '/assets/x.js',
      '/-/',
    ];
    for (const path of paths) {
      const reply = await wire.get(path, { headers: asReader() });
      assert.equal(reply.status, 404, path);
    }
    for (const path of ['/', '/-/whoami', `${OBJECT}README.txt`, '/-/activity'])
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const reply = await wire.get(path, { method, headers: asReader() });
        assert.equal(reply.status, 405, `${method} ${path}`);
      }
    assert.equal((await wire.get('/-/sts', { method: 'POST', headers: asReader() })).status, 404);
  });

  it('sends a Content-Security-Policy, nosniff and no-store with every response', async () => {
    for (const path of [
      '/',
      '/-/live',
      '/-/whoami',
      '/-/explain?bucket=acme-lake&key=README.txt',
      '/-/objects?bucket=acme-lake',
      '/-/objects?bucket=acme-lake&prefix=raw/&delimiter=/',
      '/-/activity',
      '/-/egress',
      `${OBJECT}README.txt`,
      `${OBJECT}missing`,
      '/nothing',
    ]) {
      const { headers } = await wire.get(path, { headers: asReader() });
      assert.equal(headers['cache-control'], 'no-store', path);
      assert.equal(
        headers['content-security-policy'],
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    }
  });

  it("sends an object as a download, and sends the object's own headers under other names", async () => {
    const html = '<script>alert(1)</script>';
    await wire.put('page.html', html, {
      ContentType: 'text/html',
      ContentEncoding: 'gzip',
      ContentDisposition: 'inline; filename=x.html',
      CacheControl: 'public, max-age=600',
      Metadata: { team: 'data' },
    });
    const reply = await wire.get(`${OBJECT}page.html&response-content-type=text/html`, {
      headers: asReader(),
    });
    assert.deepEqual([reply.status, reply.text], [200, html]);
    const { headers } = reply;
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['content-disposition'], "attachment; filename*=UTF-8''page.html");
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-fedbridge-object-content-type'], 'text/html');
    assert.equal(headers['x-fedbridge-object-content-encoding'], 'gzip');
    assert.equal(headers['x-fedbridge-object-content-disposition'], 'inline; filename=x.html');
    assert.equal(headers['x-amz-meta-team'], 'data');
    const part = await wire.get(`${OBJECT}page.html`, { headers: { ...asReader(), range: 'bytes=0-7' } });
    assert.deepEqual([part.status, part.text], [206, '<script>']);
    assert.equal(part.headers['content-type'], 'application/octet-stream');
  });

  it('replaces control characters in the file name of a download, so that the real file type is visible', async () => {
    await wire.put("odd/\u202Efdp'(1)\u0007.exe", 'x');
    const key = encodeURIComponent("odd/\u202Efdp'(1)\u0007.exe");
    const { headers } = await wire.get(OBJECT + key, { headers: asReader() });
    assert.equal(headers['content-disposition'], "attachment; filename*=UTF-8''_fdp%27%281%29_.exe");
  });

  it('lets a person read only what grants allow, and shows the reason in /-/explain', async () => {
    const headers = asPerson(wire.sandbox, 'scoped');
    assert.equal((await wire.get(`${OBJECT}raw/public/orders.csv`, { headers })).status, 200);
    const denied = await wire.get(`${OBJECT}raw/private/salaries.csv`, { headers });
    assert.deepEqual([denied.status, denied.headers['x-fedbridge-error']], [403, 'not_granted']);
    const reply = await wire.get('/-/explain?bucket=acme-lake&key=raw/private/salaries.csv', { headers });
    const explained = JSON.parse(reply.text) as Record<string, unknown>;
    assert.equal(explained['allowed'], false);
    const allowed = await wire.get('/-/explain?bucket=acme-lake&key=raw/public/orders.csv', { headers });
    const { decidedBy } = JSON.parse(allowed.text) as { decidedBy: readonly { matchedBy: unknown }[] };
    assert.deepEqual(decidedBy[0]?.matchedBy, [{ person: 'scoped@acme.example' }]);
  });

  it('shows the person, the audience for programs and the operator status in /-/whoami', async () => {
    const whoami = async (person: string): Promise<unknown> =>
      JSON.parse((await wire.get('/-/whoami', { headers: asPerson(wire.sandbox, person) })).text);
    assert.deepEqual(await whoami('stranger'), {
      email: null,
      uniqueId: null,
      issuer: 'user',
      caller: 'user:stranger@acme.example',
      sessionName: 'user=stranger@acme.example',
      audience: wire.sandbox.contract.audience,
      operator: false,
      hint: 'Grants name you as user:stranger@acme.example. Ask the operator for a grant.',
      mayRead: [],
    });
    const operator = (await whoami('operator')) as Record<string, unknown>;
    assert.equal(operator['operator'], true);
  });

  it('shows the activity only to operators, with the number of reads, bytes and errors', async () => {
    const denied = await wire.get('/-/activity', { headers: asReader() });
    assert.equal(denied.status, 403);
    const missing = await wire.get(`${OBJECT}missing`, { headers: asReader() });
    assert.equal(missing.status, 404);
    // Anyone can send such requests, so the activity does not include them.
    assert.equal((await wire.get('/-/whoami', { headers: FROM_PAGE })).status, 401);
    const forged = withAssertion(
      wire.sandbox.mintAssertion(claimsOf(wire.sandbox, 'x@acme.example', { aud: 'x' })),
    );
    assert.equal((await wire.get('/-/whoami', { headers: forged })).status, 401);
    const reply = await wire.get('/-/activity', { headers: asPerson(wire.sandbox, 'operator') });
    const activity = JSON.parse(reply.text) as {
      readonly ready: boolean;
      readonly minutes: readonly { requests: number; failed: number; bytes: number }[];
      readonly errors: readonly Record<string, unknown>[];
    };
    assert.equal(activity.ready, true);
    assert.equal(activity.minutes.length, 60);
    assert.ok(activity.minutes.reduce((sum, { bytes }) => sum + bytes, 0) > 0);
    const [first, ...others] = activity.errors;
    assert.deepEqual(
      [first?.['status'], first?.['error'], first?.['caller'], first?.['bucket']],
      [404, 'NoSuchKey', 'user:reader@acme.example', 'acme-lake'],
    );
    assert.ok(others.every(({ error }) => error !== 'assertion_invalid' && error !== 'assertion_missing'));
  });

  it('the egress is for operators only, names people as grants do, and does not count as activity', async () => {
    const read = await wire.get(`${OBJECT}README.txt`, { headers: asReader() });
    assert.equal((await wire.get('/-/egress', { headers: asReader() })).status, 403);
    const headers = asPerson(wire.sandbox, 'operator');
    const shown = async (path: string): Promise<unknown> =>
      JSON.parse((await wire.get(path, { headers })).text);
    const requests = async (): Promise<number> => {
      const { minutes } = (await shown('/-/activity')) as { minutes: readonly { requests: number }[] };
      return minutes.reduce((sum, minute) => sum + minute.requests, 0);
    };
    const before = await requests();
    await wire.bridge.line(({ requestId }) => requestId === read.headers['x-request-id']);
    const report = (await shown('/-/egress')) as {
      readonly estimate: boolean;
      readonly rows: readonly { readonly caller: string; readonly bucket: string }[];
    };
    assert.equal(report.estimate, true);
    assert.deepEqual(
      report.rows
        .map(({ caller, bucket }) => [caller, bucket])
        .filter(([caller]) => caller?.includes('reader')),
      [['user:reader@acme.example', 'acme-lake']],
    );
    assert.equal(await requests(), before);
  });

  it('a grant of credentials gives a person none, and neither whoami nor explain offers them', async () => {
    const person = wire.sandbox.contract.people['reader'] ?? '';
    const vending = await startWire({
      console: true,
      config: ({ consoleAudience, ...contract }) =>
        configured({
          grants: [`callers: ["user:${person}"], allow: [get, vend], bucket: acme-lake`],
          more: `console: { audience: "${consoleAudience}" }`,
        })({ consoleAudience, ...contract }),
    });
    try {
      const headers = asPerson(vending.sandbox, 'reader');
      const shown = async (path: string): Promise<Record<string, unknown>> =>
        JSON.parse((await vending.get(path, { headers })).text) as Record<string, unknown>;
      const explained = await shown('/-/explain?bucket=acme-lake&action=vend');
      assert.deepEqual(
        [explained['allowed'], explained['why'], explained['hint']],
        [
          false,
          'The console issues no AWS credentials.',
          'Ask the operator for a service account if a program needs to call S3 directly.',
        ],
      );
      assert.deepEqual((await shown('/-/whoami'))['mayRead'], [
        { bucket: 'acme-lake', prefix: '', allow: ['get'] },
      ]);
    } finally {
      await vending.close();
    }
  });
});
