// If `credentials` or `token` fails, standard output stays empty and standard error contains a one-line reason.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../src/errors/table.ts';
import type { FaultCode } from '../../src/errors/table.ts';
import { LAKE_DATA } from '../support/chain.ts';
import { failing, startAsTheBridge, withRoles } from './as-the-bridge.ts';
import type { AsTheBridge } from './as-the-bridge.ts';

let here: AsTheBridge;
let lake: string;
before(async () => {
  here = await startAsTheBridge();
  lake = `arn: "${here.contract.role}"`;
});
after(() => here.close());

const ANOTHERS = 'arn:aws:iam::210987654321:role/trusts-another';

async function failingInOneLine(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<string> {
  const [line = '', ...more] = await failing(here, 1, args, environment);
  assert.deepEqual(more, []);
  return line;
}

describe('fedbridge credentials', () => {
  const CONFIG_PROBLEMS: readonly (readonly [string, readonly string[], Record<string, string>, RegExp])[] = [
    [
      'an unknown role, with a suggestion',
      ['laek'],
      {},
      /ROLE: must be the name of a role, not "laek"\. Did you mean "lake"\?/,
    ],
    [
      'an unknown role without a similar name',
      ['zebra'],
      {},
      /not "zebra"\. Add it under `roles`\. You can also give a role's ARN\.$/,
    ],
    [
      'a malformed ARN',
      ['arn:aws:iam::12:role/x'],
      {},
      /ROLE: must be the ARN of an IAM role, .*, not "arn:aws:iam::12:role\/x"\. Copy it/,
    ],
    [
      'an ARN that does not name a role',
      ['arn:aws:iam::123456789012:user/x'],
      {},
      /ROLE: must be the ARN of an IAM role/,
    ],
    [
      'a role name without a configuration',
      ['lake'],
      { FEDBRIDGE_CONFIG: '' },
      /ROLE: must be the ARN .*, not "lake", because there is no configuration\. To use a role from a configuration/,
    ],
    [
      'a missing region',
      [ANOTHERS],
      { FEDBRIDGE_CONFIG: '', AWS_REGION: '' },
      /AWS_REGION: is not set; it must be the region in which the bridge calls STS\. Set it/,
    ],
    [
      'an invalid region',
      [ANOTHERS],
      { FEDBRIDGE_CONFIG: '', AWS_REGION: 'Ireland' },
      /AWS_REGION: must be an AWS region, like eu-west-1, not "Ireland"/,
    ],
    [
      'an STS endpoint without TLS',
      ['lake'],
      { AWS_ENDPOINT_URL_STS: 'http://sts.example' },
      /AWS_ENDPOINT_URL_STS: must be https/,
    ],
    [
      'a missing file',
      ['lake', '--config', '/nowhere.yaml'],
      {},
      /--config: must be the path to a readable file, but "\/nowhere\.yaml" does not exist/,
    ],
    ['a directory instead of a file', ['lake', '--config', '/'], {}, /--config: .* is a directory/],
    [
      'a missing configuration file',
      ['lake'],
      { FEDBRIDGE_CONFIG: '/nowhere.yaml' },
      /FEDBRIDGE_CONFIG: must be the path to a readable file/,
    ],
    [
      'an AWS profile on Cloud Run',
      ['lake', '--format', 'env'],
      { AWS_PROFILE: 'x', K_SERVICE: 'bridge' },
      /AWS_PROFILE: must not be used on Cloud Run/,
    ],
  ];
  for (const [what, args, environment, expected] of CONFIG_PROBLEMS)
    it(`reports a configuration problem on one line: ${what}`, async () => {
      assert.match(await failingInOneLine(['credentials', ...args], environment), expected);
    });

  it('reports each problem in a configuration on one line, with its line number', async () => {
    const config = here.file(
      'wrong.yaml',
      withRoles(here.contract, { lake: 'arn: "x", duration: 5s' }, 'bukets: {}'),
    );
    const lines = await failing(here, 1, ['credentials', 'lake', '--config', config]);
    const fields = lines.map((line) => /^fedbridge credentials: ([\w.]+): .*\(line \d+\)$/.exec(line)?.[1]);
    assert.deepEqual(fields, ['roles.lake.arn', 'roles.lake.duration', 'bukets']);
  });

  const UPSTREAM_FAULTS: readonly (readonly [string, Readonly<Record<string, unknown>>, FaultCode])[] = [
    [
      'the metadata server resets the connection',
      { upstream: 'metadata', fault: 'reset' },
      'metadata_unreachable',
    ],
    [
      'the metadata server has no account',
      { upstream: 'metadata', fault: 'status', status: 404 },
      'metadata_no_account',
    ],
    ['the metadata server hangs', { upstream: 'metadata', fault: 'hang' }, 'metadata_timeout'],
    ['STS refuses connections', { upstream: 'sts', fault: 'refuse' }, 'sts_unreachable'],
    ['STS hangs', { upstream: 'sts', fault: 'hang' }, 'sts_timeout'],
    ['STS sends an invalid response', { upstream: 'sts', fault: 'garbage' }, 'sts_failed'],
    ['STS fails with status 500', { upstream: 'sts', fault: 'status', status: 500 }, 'sts_failed'],
    ...(
      [
        ['AccessDenied', 'sts_denied'],
        ['InvalidIdentityToken', 'sts_token_invalid'],
        ['RegionDisabledException', 'sts_region_disabled'],
        ['Throttling', 'sts_throttled'],
      ] as const
    ).map(
      ([code, fault]) =>
        [`STS responds with ${code}`, { upstream: 'sts', fault: 'error', code }, fault] as const,
    ),
  ];
  for (const [what, fault, code] of UPSTREAM_FAULTS)
    it(`reports the reason and the fix on one line if ${what}`, async () => {
      await here.control('PUT', '/faults', fault);
      try {
        const line = await failingInOneLine(['credentials', 'lake']);
        assert.ok(line.startsWith(`fedbridge credentials: role lake could not be assumed: ${code} (`), line);
        assert.ok(line.endsWith(FAULTS[code].fix), line);
      } finally {
        await here.control('DELETE', '/faults');
      }
    });

  it('reports on one line the values that AWS compared if the role does not trust the bridge', async () => {
    const line = await failingInOneLine(['credentials', ANOTHERS]);
    const { uniqueId } = here.contract.serviceAccount;
    assert.ok(
      line.includes(`role ${ANOTHERS} could not be assumed: sts_denied (roleArn ${ANOTHERS}, `),
      line,
    );
    for (const [key, value] of [
      ['aud', uniqueId],
      ['oaud', 'fedbridge'],
      ['sub', uniqueId],
    ] as const)
      assert.ok(line.includes(`accounts.google.com:${key} ${value}`), line);
  });

  it('reports on one line which hop rejected the request, and which session sent it', async () => {
    const roles = { data: `${lake}, then: [{ arn: "${LAKE_DATA}", externalId: 7f3d }]` };
    const config = here.file('hop.yaml', withRoles(here.contract, roles));
    const line = await failingInOneLine(['credentials', 'data', '--config', config]);
    assert.ok(line.includes(`could not be assumed: sts_hop_denied (roleArn ${LAKE_DATA}, `), line);
    assert.match(
      line,
      /, hop 1, assumedBy arn:aws:sts::123456789012:assumed-role\/gcp-lake-read\/fedbridge@acme-prod\)/,
    );
  });
});

describe('fedbridge token', () => {
  it('reports on one line why there is no token', async () => {
    const line = await failingInOneLine(['token', '--raw'], { GCE_METADATA_HOST: '127.0.0.1:1' });
    assert.match(
      line,
      /: there is no identity token: metadata_unreachable \(requested identity, error ECONNREFUSED\)\. The metadata/,
    );
  });
});
