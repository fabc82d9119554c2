// Runs every tested entry of the table in docs/how-to/clients/settings.md, in an emulation of its environment.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SAMPLE_SEED } from '../../src/sandbox/seed.ts';
import type { Seed } from '../../src/sandbox/seed.ts';
import { request } from '../support/http-request.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { CURRENT_BIN, SKIP_CURRENT } from './current-python.ts';
import { BUCKET, freePort, ORDERS, startLake, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import { PATH, unavailable } from './program.ts';
import { readSettingsPage } from './settings-page.ts';
import type { Setting } from './settings-page.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readSettingsPage();
const POD = 'cluster:analytics/etl';

const hasFuse = existsSync('/dev/fuse') || process.env['CI'] !== undefined;

/** The reason to skip a client's tests, or false. */
const SKIPS: Readonly<Record<string, string | false>> = {
  'AWS CLI': SKIP_CURRENT,
  boto3: SKIP_CURRENT,
  'JavaScript SDK': false,
  rclone: unavailable('rclone'),
  s3cmd: unavailable('s3cmd'),
  's3fs (FUSE)': hasFuse
    ? unavailable('s3fs', 'fusermount')
    : 'skipped, because this machine has no /dev/fuse',
};

/** Programs around the code with which boto3 and the SDK read. */
const PROGRAMS: Readonly<Record<string, (code: string) => string>> = {
  boto3: (code) => `python3 - <<'END'\nimport boto3\nprint(${code}["Body"].read().decode(), end="")\nEND`,
  'JavaScript SDK': (code) => `cat > read.mjs <<'END'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
process.stdout.write(await (await ${code}).Body.transformToString());
END
node read.mjs`,
  // s3fs moves to the background before it has mounted the bucket.
  's3fs (FUSE)': (code) =>
    `trap 'fusermount -u -z lake; kill %1' EXIT; until [ -d lake/raw ]; do sleep 0.1; done; ${code}`,
};

/** Environments that the page prepares as it prepares a VM. */
const AS_VM = ['Compute Engine VM', 'Cloud Run', 'GKE with a Google service account'];

/** The page uses the bridge's address as the audience. */
const seedFor = (audience: string): Seed => ({
  ...SAMPLE_SEED,
  audience,
  issuers: (url) => SAMPLE_SEED.issuers(url).map((issuer) => ({ ...issuer, audience })),
});

describe('docs/how-to/clients/settings.md', () => {
  let lake: Lake;
  let github: StandIn;
  let tokenFile: string;
  let variables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  before(async () => {
    const port = await freePort();
    lake = await startLake(undefined, {
      environment: { PORT: String(port) },
      sandbox: { seed: seedFor(`http://127.0.0.1:${port}`) },
      config: ({ awsAudience, region, role, callers, issuer }) => `audience: http://127.0.0.1:${port}
aws: { region: ${region}, audience: ${awsAudience} }
issuers: [{ name: cluster, kind: kubernetes, url: '${issuer}' }]
roles: { lake: { arn: '${role}' } }
buckets: { ${BUCKET}: { role: lake } }
grants: [{ callers: [${callers.reader}, '${POD}'], allow: [get, list], bucket: ${BUCKET} }]`,
    });
    const { control, googleApis } = lake.wire.sandbox.contract;
    tokenFile = await lake.wire.sandbox.tokenFileOf(POD);
    github = await startStandIn(async ({ url = '', headers }, response) => {
      const isAllowed =
        headers.authorization === 'Bearer of-the-job' && url.includes(`&audience=${lake.url}`);
      const issued = await lake.wire.control('POST', '/issuer-tokens', { caller: POD });
      response.writeHead(isAllowed ? 200 : 401);
      response.end(JSON.stringify({ value: (issued as { token: string }).token }));
    });
    const login = join(lake.directory, 'adc.json');
    await writeFile(login, (await request(control, '/adc')).text);
    const machine = { GCE_METADATA_HOST: new URL(await lake.wire.sandbox.machineOf('reader')).host };
    const noMachine = { GCE_METADATA_HOST: '127.0.0.1:1' };
    variables = {
      'Compute Engine VM': machine,
      'Cloud Run': { ...machine, K_SERVICE: 'etl', K_REVISION: 'etl-00001' },
      'GKE with a Google service account': { ...machine, KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      'GKE without a Google service account': { ...noMachine, KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      'GitHub Actions': {
        ...noMachine,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${github.origin}/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
      },
      laptop: { ...noMachine, GOOGLE_APPLICATION_CREDENTIALS: login, FEDBRIDGE_GOOGLE_APIS: googleApis },
    };
    const bin = join(lake.directory, 'bin');
    await mkdir(bin);
    const program = `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/src/main.ts' "$@"\n`;
    await writeFile(join(bin, 'fedbridge'), program, { mode: 0o755 });
    await symlink(join(ROOT, 'node_modules'), join(lake.directory, 'node_modules'));
  });
  after(async () => {
    github.close();
    await lake.close();
  });

  /** The environment's code blocks that this setting's way needs. */
  function preparationOf({ environment, way }: Setting): readonly string[] {
    const blocks = page.preparation(AS_VM.includes(environment) ? 'Compute Engine VM' : environment);
    return blocks.filter((block) => {
      if (block.startsWith('[profile')) return way === 'profile';
      return !block.startsWith('fedbridge proxy') || way === 'proxy';
    });
  }
  async function scriptFor(setting: Setting, home: string): Promise<string> {
    const { client, way } = setting;
    const [profiles, commands] = [[], []] as [string[], string[]];
    for (const block of preparationOf(setting))
      (block.startsWith('[profile') ? profiles : commands).push(block);
    await mkdir(join(home, '.aws'));
    await writeFile(
      join(home, '.aws/config'),
      profiles.join('\n').replaceAll('https://lake-bridge.example', lake.url),
    );
    const port = await freePort();
    const lines = page.lines(way, client) ?? assert.fail(`the page has no lines for ${way} and ${client}`);
    const code = page.read(client);
    const isListening = `until curl -s -o /dev/null http://127.0.0.1:9000; do sleep 0.1; done`;
    return [
      'set -euo pipefail',
      ...commands.map((block) =>
        block.startsWith('fedbridge proxy') ? `${block}trap 'kill %1' EXIT\n${isListening}` : block,
      ),
      lines,
      PROGRAMS[client]?.(code) ?? code,
    ]
      .join('\n')
      .replaceAll('fedbridge proxy ', 'fedbridge proxy --listen 127.0.0.1:9000 ')
      .replaceAll('127.0.0.1:9000', `127.0.0.1:${port}`)
      .replaceAll('https://lake-bridge.example', lake.url)
      .replaceAll('/var/run/secrets/fedbridge/token', tokenFile);
  }

  for (const setting of page.settings) {
    const { environment, client, way, isTested } = setting;
    const skip = isTested
      ? (SKIPS[client] ?? assert.fail(`no test knows ${client}`))
      : 'not run here, as the page shows';
    // An entry that is not tested is reported as skipped only outside CI, where it cannot hide a missing program.
    if (!isTested && process.env['CI'] !== undefined) continue;
    it(`has working settings for ${client} in ${environment} (${way})`, { skip }, async () => {
      const home = await mkdtemp(join(lake.directory, 'home-'));
      const script = await scriptFor(setting, home);
      const ended = await lake.run('bash', ['-c', script], {
        directory: home,
        env: {
          ...variables[environment],
          HOME: home,
          RUNNER_TEMP: home,
          PATH: [
            join(lake.directory, 'bin'),
            ...(CURRENT_BIN === undefined ? [] : [CURRENT_BIN]),
            dirname(process.execPath),
            PATH,
          ].join(':'),
          AWS_EC2_METADATA_DISABLED: 'true',
          PYTHONDONTWRITEBYTECODE: '1',
        },
      });
      assert.equal(
        succeeded(ended).replace(/^The proxy listens[^]*?AWS_REGION=\S+\n/, ''),
        ORDERS,
        ended.said,
      );
    });
  }
});
