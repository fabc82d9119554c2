// deploy/probe.ts passes if the bridge serves allowed requests and rejects forbidden requests. If the bridge has a defect, the
// check for that defect fails.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listen } from '../../src/sandbox/upstream-server.ts';
import { startFrontEnd } from '../support/cloud-run-front-end.ts';
import { configured, emailOf } from '../support/configuration.ts';
import type { WireOptions } from '../support/wire.ts';
import { lineOf } from './probes-machine.ts';
import { failuresIn, KEY, RIGHT, startStage } from './probes-stage.ts';
import type { Stage } from './probes-stage.ts';

describe('the probe', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage(RIGHT);
  });
  after(() => stage.close());

  it('passes on a correct bridge, with one line of JSON and exit code 0', async () => {
    const outcome = await stage.probe();
    assert.deepEqual([outcome.code, outcome.stderr], [0, '']);
    const { ok, severity, message, url, checks } = lineOf(outcome);
    assert.deepEqual(
      { ok, severity, message, url },
      {
        ok: true,
        severity: 'INFO',
        message: `probe of ${url}: all checks passed`,
        url: stage.wire.bridge.url,
      },
    );
    assert.deepEqual(
      checks.map(({ name, ok: passed, status, error }) => [name, passed, status, error]),
      [
        ['read', true, 200, undefined],
        ['wrong_audience', true, 401, 'unauthenticated'],
        ['ungranted_caller', true, 403, 'not_granted'],
        ['ungranted_key', true, 403, 'not_granted'],
      ],
    );
    for (const { ms, requestId = '' } of checks) {
      assert.ok(Number.isInteger(ms) && ms >= 0);
      await stage.wire.bridge.line((line) => line['requestId'] === requestId);
    }
  });

  it("sends each request with the intended caller's token", () => {
    const callersOf = (outcome: string): unknown[] =>
      stage.wire.bridge.lines.filter(({ fault }) => fault === outcome).map(({ caller }) => caller);
    const { stranger, reader } = stage.wire.sandbox.contract.callers;
    assert.deepEqual(callersOf('not_granted'), [stranger, reader]);
  });

  it("passes behind Cloud Run's front end and invoker check, which requires a separate token", async (test) => {
    const invokerAudience = 'https://lake-bridge-481920364751.europe-west1.run.app';
    const front = await startFrontEnd(stage.wire.bridge.url, { invokerAudience });
    test.after(front.close);
    const both = { url: front.url, 'invoker-audience': invokerAudience };
    assert.deepEqual(failuresIn(await stage.probe(both)), {});
    assert.deepEqual(
      Object.values(failuresIn(await stage.probe({ url: front.url }))),
      Array(4).fill([401, undefined]),
    );
  });

  it('fails if the object is missing or the response is truncated', async () => {
    assert.deepEqual(failuresIn(await stage.probe({ key: 'raw/absent' })), { read: [403, 'not_granted'] });
    await stage.wire.fault({ upstream: 's3', fault: 'cut', after: 0, path: 'healthz' });
    const { read } = failuresIn(await stage.probe());
    await stage.wire.clearFaults();
    assert.equal((read as unknown[])[0], null);
  });

  it("fails if S3 denies the bridge's read", async () => {
    await stage.wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', path: 'healthz' });
    const failures = failuresIn(await stage.probe());
    await stage.wire.clearFaults();
    assert.deepEqual(failures, { read: [403, 'upstream_denied'] });
  });

  it('fails each check for which it cannot get a token', async () => {
    const nowhere = { GCE_METADATA_HOST: '127.0.0.1:1' };
    const failures = failuresIn(await stage.probe({}, nowhere));
    assert.deepEqual(failures['read'], [null, 'metadata_unreachable']);
    assert.deepEqual(Object.keys(failures), ['read', 'wrong_audience', 'ungranted_caller', 'ungranted_key']);
    const { scoped } = stage.wire.sandbox.contract.callers;
    assert.deepEqual(failuresIn(await stage.probe({ 'ungranted-account': scoped })), {
      ungranted_caller: [null, 'impersonation_denied'],
    });
  });
});

describe('the probe of an overly permissive bridge', () => {
  it('fails if the bridge allows a read of a key that is not granted', async (test) => {
    const whole = `callers: [${emailOf('reader')}], allow: [get], bucket: acme-lake`;
    const { probe, close } = await startStage(configured({ grants: [whole] }));
    test.after(close);
    assert.deepEqual(failuresIn(await probe()), { ungranted_key: [200, undefined] });
    assert.deepEqual(failuresIn(await probe({ 'ungranted-key': 'raw/absent' })), {
      ungranted_key: [403, 'upstream_denied'],
    });
  });

  it('fails if the bridge allows a read by an account without a grant', async (test) => {
    const anyone = `callers: [${emailOf('reader')}, ${emailOf('stranger')}], allow: [get], bucket: acme-lake, key: ${KEY}`;
    const { probe, close } = await startStage(configured({ grants: [anyone] }));
    test.after(close);
    assert.deepEqual(failuresIn(await probe()), { ungranted_caller: [200, undefined] });
  });

  it('fails if the bridge accepts a token for a different audience', async (test) => {
    const careless: NonNullable<WireOptions['config']> = (contract) =>
      RIGHT(contract).replace(/^audience: (.*)$/m, 'audience: [$1, https://another-bridge.invalid]');
    const { probe, close } = await startStage(careless);
    test.after(close);
    assert.deepEqual(failuresIn(await probe()), { wrong_audience: [200, undefined] });
  });
});

describe('the probe without a bridge', () => {
  it('fails every check if nothing listens at the URL, or if the hosting platform responds instead of the bridge', async (test) => {
    const { probe, close } = await startStage(RIGHT);
    test.after(close);
    const gone = await listen(0, () => undefined);
    await gone.close();
    const unreachable = failuresIn(await probe({ url: `http://127.0.0.1:${gone.port}` }));
    assert.deepEqual(unreachable['ungranted_key'], [null, 'ECONNREFUSED']);
    assert.equal(Object.keys(unreachable).length, 4);
    for (const status of [200, 302, 403]) {
      const platform = await listen(0, (_request, response) => {
        response.writeHead(status, { location: '/elsewhere' }).end('not the bridge');
      });
      test.after(() => platform.close());
      const failures = failuresIn(await probe({ url: `http://127.0.0.1:${platform.port}` }));
      assert.deepEqual(Object.values(failures), Array(4).fill([status, undefined]));
    }
  });
});

describe('a probe with invalid options', () => {
  it('reports the invalid option and sends no request', async (test) => {
    const { probe, wire, machine, close } = await startStage(RIGHT);
    test.after(close);
    await wire.forgetCalls();
    for (const [options, message] of [
      [{ url: '' }, '--url is required.'],
      [{ url: 'http://lake-bridge.example' }, '--url must be https://HOST[:PORT]'],
      [{ url: `${wire.bridge.url}/acme-lake` }, '--url must be https://HOST[:PORT]'],
      [{ 'ungranted-account': '' }, '--ungranted-account is required.'],
      [{ 'ungranted-key': '' }, '--ungranted-key is required.'],
      [{ token: 'x' }, "Unknown option '--token'"],
    ] as const) {
      const { code, stdout, stderr } = await probe(options);
      assert.deepEqual([code, stdout], [2, ''], message);
      assert.ok(stderr.startsWith(`probe: ${message}`), stderr);
      assert.match(stderr, /^Usage: probe --url ORIGIN/m);
    }
    assert.equal((await machine.run({})).code, 2);
    assert.deepEqual(await wire.calls('metadata'), []);
  });
});
