// Replays 10,000 mixed requests with nginx in front of S3, and compares the bridge's byte counts with nginx's access log.
//
// nginx logs each attempt with the bridge's request ID, so each request can be compared. A Ceph gateway's usage log has only sums per
// user and hour. If the bridge closes a connection during a body, the kernel may hold bytes that S3 has sent and the bridge never
// receives: AWS bills them, but the bridge cannot count them. The replay therefore limits the rate of the objects whose callers
// disconnect, so that few bytes are in flight. A separate test checks an upper bound without this limit.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { constants } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { freePorts } from '../ceph/ceph-process.ts';
import type { LogLine } from '../support/bridge-process.ts';
import { configured, READER_MAY_ALL } from '../support/configuration.ts';
import { openSession, openStream, requestOver } from '../support/http2-request.ts';
import { open } from '../support/http-request.ts';
import type { RequestOptions } from '../support/http-request.ts';
import { startMeasuredWire } from '../support/metrics.ts';
import type { MeasuredWire } from '../support/metrics.ts';
import { seededRandom } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { until } from '../support/until.ts';
import { startNginxInFront } from './nginx-in-front.ts';
import type { NginxInFront } from './nginx-in-front.ts';
import { unavailable } from './program.ts';

const REQUESTS = 10_000;
const CONCURRENT = 48;
/** The number of callers that disconnect at full speed. */
const ABRUPT = 20;

const SIZES = { small: 1_000, medium: 60_000, large: 500_000, slow: 600_000, cut: 200_000, huge: 16_000_000 };
/** nginx sends this many bytes at once, and then waits until a second has passed. */
const RATE = 200_000;

/** How long a caller reads before it disconnects, so that nothing that nginx has sent in this second is still in flight. */
const SETTLE_MS = 50;

/** How many of 10,000 requests are of each kind. */
const KINDS = { whole: 5_500, range: 1_500, head: 900, missing: 800, list: 500, leave: 500, cut: 300 };

/** The sizes of a socket's buffers on Linux: smallest, default and largest. */
const BUFFER_SIZES = ['/proc/sys/net/ipv4/tcp_wmem', '/proc/sys/net/ipv4/tcp_rmem'];

/** An error document, which nginx sends instead of 3 % of the responses. The bridge retries the request. */
const SLOW_DOWN = '<Error><Code>SlowDown</Code><Message>nginx injected this error</Message></Error>';
const FAULTS = `error_page 418 = @busy;
  location @busy { default_type application/xml; return 503 "${SLOW_DOWN}"; }
  if ($unlucky) { return 418; }
  location ~ ^/acme-lake/slow { limit_rate ${RATE}; proxy_pass http://s3; }`;

/** What a caller received. `bytes` is undefined if the caller disconnected or the response was truncated. */
interface Received {
  readonly requestId: string;
  readonly bytes: number | undefined;
}

describe('the byte counts in the log', { skip: unavailable('nginx') }, () => {
  let wire: MeasuredWire;
  let session: ClientHttp2Session;
  let headers: Readonly<Record<string, string>>;
  let port: number;

  before(async () => {
    port = await freePorts(1);
    const endpoint = `role: lake, region: eu-west-1, endpoint: "http://127.0.0.1:${port}"`;
    wire = await startMeasuredWire({
      config: configured({ buckets: { 'acme-lake': endpoint }, grants: [READER_MAY_ALL] }),
    });
    for (const [name, size] of Object.entries(SIZES)) await wire.put(name, Buffer.alloc(size, name));
    headers = { authorization: `Bearer ${await wire.token('reader')}` };
    session = openSession(wire.bridge.url);
  });
  after(async () => {
    session.close();
    await wire.close();
  });

  const startNginx = (): Promise<NginxInFront> =>
    startNginxInFront({ port, s3: wire.sandbox.contract.s3, server: FAULTS });

  /** Reads until `enough` bytes have arrived, or to the end. If the body ends early, `bytes` is undefined. */
  const read = async (path: string, options: RequestOptions, enough = Infinity): Promise<Received> => {
    const response = await open(wire.bridge.url, path, {
      ...options,
      headers: { ...headers, ...options.headers },
    });
    const requestId = String(response.headers['x-request-id']);
    let bytes = 0;
    try {
      for await (const chunk of response) {
        bytes += (chunk as Buffer).length;
        if (bytes < enough) continue;
        await setTimeout(SETTLE_MS);
        response.destroy();
        return { requestId, bytes: undefined };
      }
    } catch {
      return { requestId, bytes: undefined };
    }
    return { requestId, bytes };
  };

  const readOverHttp2 = async (path: string): Promise<Received> => {
    const reply = await requestOver(session, path, { headers });
    return { requestId: String(reply.headers['x-request-id']), bytes: reply.body.length };
  };

  const leaveOverHttp2 = async (): Promise<Received> => {
    const { stream, headers: received } = await openStream(session, '/acme-lake/slow', { headers });
    stream.resume();
    await setTimeout(SETTLE_MS);
    stream.close(constants.NGHTTP2_CANCEL);
    return { requestId: String(received['x-request-id']), bytes: undefined };
  };

  const once = (random: Random): Promise<Received> => {
    switch (random.weighted(KINDS)) {
      case 'whole': {
        const path = `/acme-lake/${random.pick(['small', 'medium', 'large'])}`;
        return random.chance(0.2) ? readOverHttp2(path) : read(path, {});
      }
      case 'range': {
        const first = random.below(SIZES.large);
        return read('/acme-lake/large', {
          headers: { range: `bytes=${first}-${first + random.below(100_000)}` },
        });
      }
      case 'head':
        return read('/acme-lake/large', { method: 'HEAD' });
      case 'missing':
        return read('/acme-lake/missing', {});
      case 'list':
        return read('/acme-lake?list-type=2', {});
      case 'leave':
        return random.chance(0.2)
          ? leaveOverHttp2()
          : read('/acme-lake/slow', {}, random.between(1, 300_000));
      case 'cut':
        return read('/acme-lake/cut', {});
    }
  };

  /** Waits for the log lines of these requests. */
  const linesOf = async (all: readonly Received[]): Promise<ReadonlyMap<string, LogLine>> => {
    const lines = (): ReadonlyMap<string, LogLine> =>
      new Map(wire.bridge.lines.map((line) => [String(line['requestId']), line]));
    await until('all requests are logged', () => {
      const logged = lines();
      return all.every(({ requestId }) => logged.has(requestId));
    });
    return lines();
  };

  it('match what nginx sent for 10,000 requests with disconnects, retries and resumes', async (test) => {
    const nginx = await startNginx();
    await wire.fault({ upstream: 's3', path: '/cut', fault: 'cut', after: SIZES.cut / 2, times: 150 });
    const random = seededRandom(20);
    const received: Received[] = [];
    let left = REQUESTS;
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        received.push(await once(random));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT }, work));
    await wire.clearFaults();
    const lines = await linesOf(received);
    const atS3 = await nginx.stop();

    assert.equal(received.length, REQUESTS);
    const sum = { counted: 0, sent: 0, retries: 0, resumed: 0, left: 0 };
    const wrong: string[] = [];
    for (const { requestId, bytes } of received) {
      const line = lines.get(requestId) ?? {};
      const counted = Number(line['bytesFromS3']);
      const sent = atS3.get(requestId) ?? 0;
      sum.counted += counted;
      sum.sent += sent;
      sum.retries += Number(line['retries'] ?? 0);
      sum.resumed += Number(line['resumed'] ?? 0);
      if (line['abortedBy'] === 'caller') sum.left += 1;
      else if (counted !== sent)
        wrong.push(`${requestId}: ${counted}, nginx ${sent}, ${JSON.stringify(line)}`);
      if (counted > sent) wrong.push(`${requestId}: ${counted}, more than nginx's ${sent}`);
      if (bytes !== undefined && line['bytesSent'] !== bytes)
        wrong.push(`${requestId}: the caller received ${bytes}, not ${String(line['bytesSent'])}`);
    }
    test.diagnostic(JSON.stringify({ ...sum, share: sum.counted / sum.sent }));
    assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} requests differ`);
    assert.ok(sum.retries > 100 && sum.resumed > 50 && sum.left > 300, JSON.stringify(sum));
    assert.ok(sum.sent - sum.counted < 0.01 * sum.sent, JSON.stringify(sum));
    const text = await wire.metrics();
    const series = [...text.matchAll(/^fedbridge_bucket_s3_bytes_total\{[^}]*\} (\d+)$/gm)];
    assert.equal(
      series.reduce((total, [, value]) => total + Number(value), 0),
      sum.counted,
    );
  });

  it("are lower than what nginx sent by at most the size of the kernel's buffers if callers disconnect at full speed", async (test) => {
    const nginx = await startNginx();
    const received = await Promise.all(
      Array.from({ length: ABRUPT }, () => read('/acme-lake/huge', {}, 100_000)),
    );
    const lines = await linesOf(received);
    const atS3 = await nginx.stop();
    const bound = BUFFER_SIZES.reduce((total, file) => total + largestBuffer(file), 0);
    const inFlight = received.map(({ requestId }) => {
      const line = lines.get(requestId) ?? {};
      return line['abortedBy'] === 'caller' ? (atS3.get(requestId) ?? 0) - Number(line['bytesFromS3']) : 0;
    });
    test.diagnostic(`in flight: ${inFlight.join(', ')} bytes`);
    for (const bytes of inFlight) assert.ok(bytes >= 0 && bytes <= bound, `${bytes}`);
  });
});

const largestBuffer = (file: string): number => Number(readFileSync(file, 'utf8').trim().split(/\s+/)[2]);
