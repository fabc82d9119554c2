// `fedbridge caller-doctor` reports the token, the bridge's response, the deciding grant and one read, and explains failures.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Examination, Outcome } from '../../src/doctor/step-report.ts';
import { clusterToken } from '../support/issuers.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { Respond } from '../support/stand-in.ts';
import { startWire } from '../support/wire.ts';
import type { CallerName, Wire } from '../support/wire.ts';
import { failing, startAsTheBridge } from './as-the-bridge.ts';
import type { AsTheBridge } from './as-the-bridge.ts';

const AUDIENCE = 'https://lake-bridge.example';

interface Diagnosis {
  readonly code: number | null;
  readonly outcome: Outcome;
  readonly steps: readonly Examination[];
}

describe('fedbridge caller-doctor', () => {
  let here: AsTheBridge;
  let wire: Wire;
  before(async () => {
    here = await startAsTheBridge();
    wire = await startWire();
  });
  after(async () => {
    await wire.close();
    await here.close();
  });
  afterEach(async () => {
    await wire.control('PUT', '/clock', { offsetSeconds: 0 });
  });

  const run = async (caller: CallerName, args: readonly string[]) => {
    const machine = await wire.sandbox.machineOf(caller);
    return here.run(['caller-doctor', ...args], { GCE_METADATA_HOST: new URL(machine).host });
  };
  async function diagnose(
    caller: CallerName,
    args: readonly string[] = [],
    { audience = AUDIENCE, upstream = wire.bridge.url } = {},
  ): Promise<Diagnosis> {
    const all = ['--audience', audience, '--upstream', upstream, '--json', ...args];
    const { code, stdout, stderr } = await run(caller, all);
    assert.equal(stderr, '');
    assert.doesNotMatch(stdout, /eyJ/);
    return { code, ...(JSON.parse(stdout) as Omit<Diagnosis, 'code'>) };
  }
  const named = ({ steps }: Diagnosis, name: string): Examination => {
    const step = steps.find((each) => each.step === name);
    assert.ok(step !== undefined, JSON.stringify(steps, null, 2));
    return step;
  };
  const outcomes = ({ steps }: Diagnosis) => steps.map(({ step, outcome }) => `${outcome} ${step}`);

  it('reports each step for a caller that may read', async () => {
    const diagnosis = await diagnose('reader');
    assert.deepEqual(outcomes(diagnosis), [
      'fine identity token',
      'fine bridge',
      'fine clock',
      'fine grants',
      'fine grant for acme-lake/README.txt',
      'fine read of acme-lake/README.txt',
    ]);
    assert.deepEqual([diagnosis.code, diagnosis.outcome], [0, 'fine']);
    const { audience, email: email } = named(diagnosis, 'identity token').compared ?? {};
    assert.deepEqual([audience, email], [AUDIENCE, wire.sandbox.contract.callers.reader]);
    assert.match(named(diagnosis, 'grant for acme-lake/README.txt').found, /get and list.*the whole bucket/);
    const { compared = {} } = named(diagnosis, 'read of acme-lake/README.txt');
    assert.match(String(compared['content-range']), /^bytes 0-0\/\d+$/);
  });

  it("can use a pod's token from a file", async () => {
    const file = here.file('token', await clusterToken(wire, 'analytics/etl'));
    const args = ['--audience', AUDIENCE, '--upstream', wire.bridge.url, '--token-file', file];
    const { code, stdout, stderr } = await here.run(['caller-doctor', ...args]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^✓ identity token: belongs to system:serviceaccount:analytics:etl$/m);
    assert.match(stdout, /^✓ bridge: accepts the token of cluster:analytics\/etl$/m);
    assert.match(stdout, /^✓ read of acme-lake\/raw\/public\//m);
  });

  it("reports that a pod's token is for the wrong audience, or that the file contains no token", async () => {
    const claims = { aud: 'https://kubernetes.default.svc' };
    const file = here.file('other', await clusterToken(wire, 'analytics/etl', { claims }));
    const base = ['caller-doctor', '--audience', AUDIENCE, '--upstream', wire.bridge.url, '--token-file'];
    const other = await here.run([...base, file]);
    assert.equal(other.code, 1);
    assert.match(other.stdout, /identity token: its audience is not https:\/\/lake-bridge\.example/);
    const none = await here.run([...base, here.file('none', 'no token')]);
    assert.match(
      none.stdout,
      /--token-file: must contain only an identity token, but contains something else/,
    );
  });

  it('prints the steps as text without --json', async () => {
    const { code, stdout } = await run('scoped', ['--audience', AUDIENCE, '--upstream', wire.bridge.url]);
    assert.equal(code, 0);
    assert.match(stdout, /^✓ identity token: belongs to scoped@/);
    assert.match(stdout, /^✓ grants: get, list on acme-lake\/raw\/public\/…$/m);
    assert.match(stdout, /\nNo problems found\.\n$/);
  });

  it('shows why no grant allows a read', async () => {
    const diagnosis = await diagnose('scoped', ['--get', 'acme-lake/raw/private/salaries.csv']);
    const grant = named(diagnosis, 'grant for acme-lake/raw/private/salaries.csv');
    assert.deepEqual([diagnosis.code, grant.outcome], [1, 'wrong']);
    assert.match(grant.found, /cover raw\/public\/, but not this key$/);
    assert.match(grant.fix ?? '', /ask the operator for a grant/);
    assert.equal(named(diagnosis, 'read of acme-lake/raw/private/salaries.csv').compared?.['status'], 403);
  });

  it('reports that the caller has no grants, or that the object does not exist', async () => {
    const { code, ...diagnosis } = await diagnose('stranger');
    assert.equal(code, 1);
    assert.match(named({ code, ...diagnosis }, 'grants').found, /^you have no grants on this bridge$/);
    const missing = await diagnose('reader', ['--get', 'acme-lake/no such/é/../key']);
    assert.deepEqual(
      [missing.code, named(missing, 'read of acme-lake/no such/é/../key').outcome],
      [3, 'doubtful'],
    );
  });

  it("shows the bridge's message if the token is for the wrong audience", async () => {
    const step = named(await diagnose('reader', [], { audience: 'https://other.example' }), 'bridge');
    assert.match(step.found, /this bridge accepts "https:\/\/lake-bridge\.example"$/);
    assert.equal(step.compared?.['status'], 401);
  });

  it('reports that it cannot get a token, or that the token has expired because of a wrong clock', async () => {
    const args = ['caller-doctor', '--audience', AUDIENCE, '--upstream', wire.bridge.url, '--json'];
    const { code, stdout } = await here.run(args, { GCE_METADATA_HOST: '127.0.0.1:1' });
    const diagnosis = { code, ...(JSON.parse(stdout) as Omit<Diagnosis, 'code'>) };
    assert.deepEqual(outcomes(diagnosis), ['wrong identity token', 'unknown bridge, grants and read']);
    assert.match(named(diagnosis, 'identity token').found, /metadata server: must be reachable, but is not$/);
    await wire.control('PUT', '/clock', { upstream: 'metadata', offsetSeconds: -7200 });
    assert.match(named(await diagnose('reader'), 'identity token').found, /it expired \d+ s ago$/);
  });

  const OTHER: readonly (readonly [string, Respond, RegExp])[] = [
    [
      'a sign-in page',
      (_, response) => {
        response.writeHead(302, { location: 'https://accounts.google.com/' }).end();
      },
      /^redirects the request/,
    ],
    [
      "Cloud Run's invoker check",
      (_, response) => {
        response.writeHead(403).end('<html>');
      },
      /^a server in front of the bridge/,
    ],
    [
      'another server',
      (_, response) => {
        response.end('<html>');
      },
      /^the response is not from a bridge$/,
    ],
  ];
  for (const [what, respond, expected] of OTHER)
    it(`reports that ${what} responds instead of the bridge`, async (test) => {
      const other = await startStandIn(respond);
      test.after(other.close);
      const step = named(await diagnose('reader', [], { upstream: other.origin }), 'bridge');
      assert.deepEqual([step.outcome, expected.test(step.found)], ['wrong', true], step.found);
    });

  it('reports that the bridge is unreachable', async () => {
    const step = named(await diagnose('reader', [], { upstream: 'http://127.0.0.1:1' }), 'bridge');
    assert.deepEqual([step.found, step.compared?.['error']], ['unreachable', 'ECONNREFUSED']);
  });

  for (const [args, expected] of [
    [[], /--audience is required/],
    [['--audience', AUDIENCE, '--get', 'bucket'], /--get must be BUCKET\/KEY, not "bucket"/],
    [['--audience', AUDIENCE, '--upstream', 'http://bridge.example'], /--upstream must be https/],
  ] as const)
    it(`rejects the arguments ${JSON.stringify(args)}`, async () => {
      const [line = ''] = await failing(here, 2, ['caller-doctor', ...args]);
      assert.match(line, expected);
    });
});
