// Whatever fails, `credentials`, `token` and `whoami` print nothing that a program could take for a result, and say why in one line.
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

describe('fedbridge credentials says in one line', () => {
  const CONFIG_PROBLEMS: readonly (readonly [string, readonly string[], Record<string, string>, RegExp])[] = [
    [
      'that a role is unknown',
      ['laek'],
      {},
      /ROLE: must be the name of a role, not "laek"\. Did you mean "lake"\?/,
    ],
    [
      'that nothing is like it',
      ['zebra'],
      {},
      /not "zebra"\. Add it under `roles`\. Or give the ARN of a role\.$/,
    ],
    [
      'that an ARN is none',
      ['arn:aws:iam::12:role/x'],
      {},
      /ROLE: must be the ARN of an IAM role, .*, not "arn:aws:iam::12:role\/x"\. Copy it/,
    ],
    [
      'that an ARN is of no role',
      ['arn:aws:iam::123456789012:user/x'],
      {},
      /ROLE: must be the ARN of an IAM role/,
    ],
    [
      'that a name needs a configuration',
      ['lake'],
      { FEDBRIDGE_CONFIG: '' },
      /ROLE: must be the ARN .* where there is no configuration, not "lake"\. For the name/,
    ],
    [
      'that there is no region',
      [ANOTHERS],
      { FEDBRIDGE_CONFIG: '', AWS_REGION: '' },
      /AWS_REGION: is not set; it must be the region whose STS is asked\. Set it/,
    ],
    [
      'that a region is none',
      [ANOTHERS],
      { FEDBRIDGE_CONFIG: '', AWS_REGION: 'Ireland' },
      /AWS_REGION: must be an AWS region, like eu-west-1, not "Ireland"/,
    ],
    [
      'that STS would be asked in the clear',
      ['lake'],
      { AWS_ENDPOINT_URL_STS: 'http://sts.example' },
      /AWS_ENDPOINT_URL_STS: must be https/,
    ],
    [
      'that a file is not there',
      ['lake', '--config', '/nowhere.yaml'],
      {},
      /--config: must name a readable file, but "\/nowhere\.yaml" does not exist/,
    ],
    ['that it is a directory', ['lake', '--config', '/'], {}, /--config: .* is a directory/],
    [
      'that the configuration lacks a file',
      ['lake'],
      { FEDBRIDGE_CONFIG: '/nowhere.yaml' },
      /FEDBRIDGE_CONFIG: must name a readable file/,
    ],
    [
      'that a profile has no place on Cloud Run',
      ['lake', '--format', 'env'],
      { AWS_PROFILE: 'x', K_SERVICE: 'bridge' },
      /AWS_PROFILE: must not be used on Cloud Run/,
    ],
  ];
  for (const [what, args, environment, says] of CONFIG_PROBLEMS)
    it(what, async () => {
      assert.match(await failingInOneLine(['credentials', ...args], environment), says);
    });

  it('each problem of a configuration, with the line', async () => {
    const config = here.file(
      'wrong.yaml',
      withRoles(here.contract, { lake: 'arn: "x", duration: 5s' }, 'bukets: {}'),
    );
    const lines = await failing(here, 1, ['credentials', 'lake', '--config', config]);
    const fields = lines.map((line) => /^fedbridge credentials: ([\w.]+): .*\(line \d+\)$/.exec(line)?.[1]);
    assert.deepEqual(fields, ['roles.lake.arn', 'roles.lake.duration', 'bukets']);
  });

  const SUPPLIER_FAULTS: readonly (readonly [string, Readonly<Record<string, unknown>>, FaultCode])[] = [
    ['the metadata server resets', { supplier: 'metadata', fault: 'reset' }, 'metadata_unreachable'],
    [
      'the metadata server knows no account',
      { supplier: 'metadata', fault: 'status', status: 404 },
      'metadata_no_account',
    ],
    ['the metadata server hangs', { supplier: 'metadata', fault: 'hang' }, 'metadata_timeout'],
    ['STS refuses connections', { supplier: 'sts', fault: 'refuse' }, 'sts_unreachable'],
    ['STS hangs', { supplier: 'sts', fault: 'hang' }, 'sts_timeout'],
    ['STS sends nonsense', { supplier: 'sts', fault: 'garbage' }, 'sts_failed'],
    ['STS breaks down', { supplier: 'sts', fault: 'status', status: 500 }, 'sts_failed'],
    ...(
      [
        ['AccessDenied', 'sts_denied'],
        ['InvalidIdentityToken', 'sts_token_invalid'],
        ['RegionDisabledException', 'sts_region_disabled'],
        ['Throttling', 'sts_throttled'],
      ] as const
    ).map(
      ([code, fault]) => [`STS answers ${code}`, { supplier: 'sts', fault: 'error', code }, fault] as const,
    ),
  ];
  for (const [what, fault, code] of SUPPLIER_FAULTS)
    it(`why, with the remedy, where ${what}`, async () => {
      await here.control('PUT', '/faults', fault);
      try {
        const line = await failingInOneLine(['credentials', 'lake']);
        assert.ok(line.startsWith(`fedbridge credentials: role lake could not be assumed: ${code} (`), line);
        assert.ok(line.endsWith(FAULTS[code].fix), line);
      } finally {
        await here.control('DELETE', '/faults');
      }
    });

  it('what AWS compared, where the role does not trust the bridge', async () => {
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

  it('which hop refuses, and who asked it', async () => {
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

describe('fedbridge token says in one line', () => {
  it('why there is none', async () => {
    const line = await failingInOneLine(['token', '--raw'], { GCE_METADATA_HOST: '127.0.0.1:1' });
    assert.match(
      line,
      /: there is no identity token: metadata_unreachable \(requested identity, error ECONNREFUSED\)\. The metadata/,
    );
  });
});
