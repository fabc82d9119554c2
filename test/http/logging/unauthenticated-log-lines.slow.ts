// Log lines for unauthenticated requests are short and limited in number, and never displace authenticated callers' log lines.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LogLine } from '../../support/bridge-process.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';
import { rawExchange } from '../../support/raw-exchange.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';

const MOST_LINES = 1_000;
const WINDOW_MS = 10_000;
/**
 * If all these requests arrive within ten seconds, they fall into at most two time windows, so at least one window exceeds its
 * limit on log lines.
 */
const FLOOD = 2 * MOST_LINES + 500;
const AT_ONCE = 25;
const MOST_BYTES = 256;

describe('the log', () => {
  let wire: MeasuredWire;
  before(async () => {
    wire = await startMeasuredWire();
  });
  after(() => wire.close());

  const lineOf = (requestId: unknown): Promise<LogLine> =>
    wire.bridge.line((line) => line['requestId'] === requestId);
  /** @returns all strings of a log line, at any depth */
  const stringsOf = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
  };

  const long = 'z'.repeat(6_000);
  for (const [what, head] of [
    ['a path', `GET /acme-lake/${long} HTTP/1.1\r\nHost: b`],
    ['a path of a control route', `GET /-/${long} HTTP/1.1\r\nHost: b`],
    ['a bucket', `GET /${long} HTTP/1.1\r\nHost: b`],
    ['a key to explain', `GET /-/explain?bucket=acme-lake&key=${'z'.repeat(1_024)} HTTP/1.1\r\nHost: b`],
    ['the host of an absolute URL', `GET http://${long}/a HTTP/1.1\r\nHost: b`],
    ['a host', `GET /acme-lake/a HTTP/1.1\r\nHost: ${long}`],
    ['a user agent', `GET /acme-lake/a HTTP/1.1\r\nHost: b\r\nUser-Agent: ${long}`],
    [
      'a trace',
      `GET /acme-lake/a HTTP/1.1\r\nHost: b\r\nX-Cloud-Trace-Context: ${long}\r\nTraceparent: ${long}`,
    ],
    ['an unknown parameter', `GET /acme-lake?list-type=2&${long}=1 HTTP/1.1\r\nHost: b`],
    ['a token', `GET /acme-lake/a HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer ${long}`],
  ] as const) {
    it(`contains at most 256 bytes of ${what} from a request without a valid token`, async () => {
      const response = await rawExchange(wire.bridge.url, `${head}\r\nConnection: close\r\n\r\n`);
      const line = await lineOf(/\r\nx-request-id: (\S+)/i.exec(response)?.[1]);
      const runs = stringsOf(line).flatMap((text) => text.match(/z+/g) ?? []);
      assert.ok(
        runs.every(({ length }) => length <= MOST_BYTES),
        JSON.stringify(line),
      );
      assert.ok(JSON.stringify(line).length < 2_048, 'the line stays short');
    });
  }

  it('contains at most 256 bytes of each claim in a rejected token', async () => {
    const token = wire.sandbox.mint(googleClaims(wire, 'reader', { aud: 'é'.repeat(500) }));
    const reply = await wire.get(READABLE, { headers: asBearer(token) });
    const { cause } = await lineOf(reply.headers['x-request-id']);
    const texts = stringsOf(cause);
    assert.ok(texts.some((text) => text.includes('é')));
    assert.ok(texts.every((text) => Buffer.byteLength(text) <= MOST_BYTES));
  });

  it('contains the whole key if the caller is authenticated, for audits', async () => {
    const key = `raw/public/${'k'.repeat(1_000)}`;
    for (const as of ['reader', 'stranger'] as const) {
      const reply = await wire.get(`/acme-lake/${key}`, { as });
      const line = await lineOf(reply.headers['x-request-id']);
      assert.equal(line['key'], key);
      const { requestUrl } = line['httpRequest'] as { requestUrl: string };
      assert.equal(Buffer.byteLength(requestUrl), MOST_BYTES);
    }
  });

  describe('during a flood of requests without tokens', () => {
    const before = (): readonly LogLine[] => wire.bridge.lines.slice(first);
    let first = 0;
    let ids: readonly unknown[] = [];
    /** Whether the requests arrived fast enough to exceed the limit on log lines. */
    let exceedsLimit = false;
    const counted = (): Promise<number> =>
      wire.metric('fedbridge_requests_total{operation="GetObject",status="401"}');

    it('may omit requests, but the metrics still count them', async () => {
      first = wire.bridge.lines.length;
      const count = await counted();
      const authenticated: unknown[] = [];
      const startMs = performance.now();
      for (let i = 0; i < FLOOD; i += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, () => wire.get('/acme-lake/a')));
        if (i % 250 === 0)
          authenticated.push((await wire.get(READABLE, { as: 'reader' })).headers['x-request-id']);
      }
      exceedsLimit = performance.now() - startMs < WINDOW_MS;
      ids = authenticated;
      assert.equal(await counted(), count + FLOOD);
    });

    it('still has every line for authenticated callers', async () => {
      for (const id of ids) await lineOf(id);
    });

    it('still has the lines for requests with other faults', async () => {
      const forged = wire.sandbox.mint(googleClaims(wire, 'reader'), {}, 'foreign');
      const reply = await wire.get('/acme-lake/a', { headers: asBearer(forged) });
      assert.equal((await lineOf(reply.headers['x-request-id']))['fault'], 'token_signature_invalid');
    });

    it('reports the number of suppressed lines', async (test) => {
      const sums = (): number[] => {
        const lines = before();
        const written = lines.filter(({ fault }) => fault === 'token_missing').length;
        const left = lines.map(
          ({ kinds }) => (kinds as { token_missing?: number } | undefined)?.token_missing,
        );
        return [written, left.reduce<number>((sum, count) => sum + (count ?? 0), 0)];
      };
      await until('all requests are accounted for', () => sums().reduce((a, b) => a + b) === FLOOD);
      const [written = 0, suppressed = 0] = sums();
      assert.equal(written + suppressed, FLOOD);
      if (!exceedsLimit) {
        test.diagnostic('too slow: one window had fewer lines than the limit');
        return;
      }
      assert.ok(suppressed > 0);
      const summaries = before().filter(({ suppressed }) => suppressed !== undefined).length;
      assert.ok(written <= MOST_LINES * (summaries + 1), `${written} lines`);
      assert.match(
        String(before().find(({ suppressed }) => suppressed !== undefined)?.['message']),
        /^suppressed \d+ /,
      );
    });
  });
});
