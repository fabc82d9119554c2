// `fedbridge check` accepts the configuration that the Terraform files generate. Its explanation matches the Terraform
// variables.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { fedbridge } from './fedbridge.ts';
import { readModules } from './modules.ts';
import { FIVE, readExample, rootValues } from './sample.ts';
import type { Variables } from './sample.ts';

const directory = mkdtempSync(join(tmpdir(), 'fedbridge-terraform-'));
after(() => {
  rmSync(directory, { recursive: true });
});

/** @returns the explanation that `fedbridge check` prints */
async function meaningOf(variables: Variables): Promise<string> {
  const root = await rootValues(variables);
  return meaning(String(await root.output('config')));
}

function meaning(config: string): string {
  const file = join(directory, 'config.yaml');
  writeFileSync(file, config);
  const { status, stdout, stderr } = fedbridge('check', file);
  assert.deepEqual([status, stderr], [0, ''], `${stderr}\n${config}`);
  return stdout;
}

describe('the configuration that Terraform generates', () => {
  it('defines who may read what if only the five required variables are set', async () => {
    assert.equal(
      await meaningOf(FIVE),
      `Callers' tokens must have the audience https://fedbridge-123456789012.europe-west1.run.app.
The bridge calls STS in eu-west-1 with its own token for audience fedbridge.
The bridge serves at most 1000 concurrent requests, and at most 200 per caller. It waits at most 30s for a stalled response; on shutdown, responses have 9s to finish.
It reads each large object over up to 4 connections, and uses at most 64MiB of memory in total for read-ahead.

acme-lake (S3 bucket acme-lake in the region that S3 reports; the bridge tries eu-west-1 first)
  as role read (arn:aws:iam::123456789012:role/fedbridge-read, sessions named after the caller, 1h):
  reader@acme-prod.iam.gserviceaccount.com (by verified email) may read and list everything below raw/public/

Nobody else may read anything.
`,
    );
  });

  it('contains every field that a variable sets', async () => {
    const hop = {
      arn: 'arn:aws:iam::210987654321:role/lake-data',
      external_id: '7f3c',
      tags: { team: 'data' },
      caller_tags: true,
      transitive_tags: ['team'],
      source_identity: 'caller',
    };
    const variables = {
      ...FIVE,
      audiences: ['https://lake-bridge.example', 'https://other.example'],
      sts_audience: 'lake',
      issuers: [
        {
          name: 'gke-prod',
          kind: 'kubernetes',
          url: 'https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west1/clusters/prod',
        },
        {
          name: 'github',
          kind: 'generic',
          url: 'https://token.actions.githubusercontent.com',
          audiences: ['https://lake-bridge.example'],
          jwks: 'https://keys.example/jwks',
        },
      ],
      roles: { lake: { duration: '15m', session: 'bridge', then: [hop] } },
      buckets: {
        'acme-lake': {
          target: 'acme-lake-eu',
          region: 'eu-west-1',
          endpoint: 'https://s3.example',
          requester_pays: true,
          expected_owner: '123456789012',
          kms_keys: ['arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
        },
      },
      grants: [
        {
          callers: [
            '112010400000000710080',
            'gke-prod:analytics/etl',
            'github:repo:acme/etl:ref:refs/heads/main',
          ],
          bucket: 'acme-lake',
          key: 'raw/one.csv',
          allow: ['get', 'tags'],
        },
      ],
      settings: {
        operators: ['ops@acme-prod.iam.gserviceaccount.com'],
        budgets: [{ callers: ['gke-prod:analytics/etl'], bytes_per_day: '500GiB', warn_at: 0.5 }],
        egress_prices: { 'eu-west-1': { internet: 0.05 } },
        chunk_above: '1KB',
        allow_shared_audience: true,
        cors: { origins: ['https://app.example'], max_age: '1m' },
        read_ahead: { connections: 8, memory: '128MiB' },
        limits: { in_flight: 500, per_caller: 50, stall: '20s', drain: '8s' },
      },
    };
    await meaningOf(variables);
    const root = await rootValues(variables);
    assert.deepEqual(parseYaml(String(await root.output('config'))), {
      audience: ['https://lake-bridge.example', 'https://other.example'],
      allowSharedAudience: true,
      issuers: [
        {
          name: 'gke-prod',
          kind: 'kubernetes',
          url: 'https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west1/clusters/prod',
        },
        {
          name: 'github',
          kind: 'generic',
          url: 'https://token.actions.githubusercontent.com',
          audience: ['https://lake-bridge.example'],
          jwks: 'https://keys.example/jwks',
        },
      ],
      aws: { region: 'eu-west-1', audience: 'lake' },
      roles: {
        lake: {
          arn: 'arn:aws:iam::123456789012:role/fedbridge-lake',
          duration: '15m',
          session: 'bridge',
          then: [
            {
              arn: 'arn:aws:iam::210987654321:role/lake-data',
              externalId: '7f3c',
              tags: { team: 'data' },
              callerTags: true,
              transitiveTags: ['team'],
              sourceIdentity: 'caller',
            },
          ],
        },
      },
      buckets: {
        'acme-lake': {
          role: 'lake',
          target: 'acme-lake-eu',
          region: 'eu-west-1',
          endpoint: 'https://s3.example',
          requesterPays: true,
          expectedOwner: '123456789012',
          kmsKeys: ['arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
        },
      },
      grants: [
        {
          callers: [
            '112010400000000710080',
            'gke-prod:analytics/etl',
            'github:repo:acme/etl:ref:refs/heads/main',
          ],
          bucket: 'acme-lake',
          key: 'raw/one.csv',
          allow: ['get', 'tags'],
        },
      ],
      operators: ['ops@acme-prod.iam.gserviceaccount.com'],
      budgets: [{ callers: ['gke-prod:analytics/etl'], bytesPerDay: '500GiB', warnAt: 0.5 }],
      egress: { prices: { 'eu-west-1': { internet: 0.05 } } },
      responses: { chunkAbove: '1KB' },
      readAhead: { connections: 8, memory: '128MiB' },
      cors: { origins: ['https://app.example'], maxAge: '1m' },
      limits: { inFlight: 500, perCaller: 50, stall: '20s', drain: '8s' },
    });
  });
});

describe("a role's maximum session duration", () => {
  it('is converted to seconds for AWS', async () => {
    const roles = {
      short: { duration: '900s' },
      usual: {},
      long: { duration: '90m' },
      longest: { duration: '12h' },
    };
    const root = await rootValues({ ...FIVE, roles });
    assert.deepEqual(await root.local('role_seconds'), {
      long: 5400,
      longest: 43_200,
      short: 900,
      usual: 3600,
    });
  });
});

const examples = (await readModules()).flatMap(({ path }) =>
  path === '' ? [] : [path.replace('examples/', '')],
);

describe('the Terraform example', () => {
  for (const name of examples) {
    it(`${name} generates a valid configuration`, async () => {
      const { variables } = await readExample(name);
      assert.match(await meaningOf(variables), /may read and list everything/);
      const root = await rootValues(variables);
      for (const variable of Object.keys(variables))
        assert.deepEqual(await root.problemsOf(variable), [], variable);
    });
  }
});
