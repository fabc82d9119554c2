// `fedbridge sandbox --config FILE`: the emulators create the file's callers, roles and buckets, and no request leaves
// this machine.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { ask, control, identityToken } from './clients.ts';
import { runSandbox } from './sandbox-command.ts';

/**
 * This configuration has every setting that could send a request to a different machine: an endpoint, an access point, and an
 * account to impersonate.
 */
const CONFIG = `
audience: [https://partner-bridge.example, https://second.example]
aws: { region: us-east-2, audience: partner-bridge }
identity: { impersonate: bridge@partner-prod.iam.gserviceaccount.com }
roles:
  partner:
    arn: arn:aws:iam::444455556666:role/team:lake/reader
    duration: 1h
    then:
      - arn: arn:aws:iam::777788889999:role/partner-data
        externalId: 9b1d
        tags: { team: data }
        callerTags: true
        transitiveTags: [team]
        sourceIdentity: caller
  direct: { arn: "arn:aws:iam::444455556666:role/direct" }
buckets:
  landing: { role: partner, target: partner-landing-zone, region: ap-south-1, expectedOwner: "777788889999", endpoint: https://s3.partner.example }
  shared: { role: direct, target: "arn:aws:s3:eu-central-1:444455556666:accesspoint/shared-reads", kmsKeys: ["arn:aws:kms:eu-central-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"] }
grants:
  - { callers: [etl@partner-prod.iam.gserviceaccount.com], allow: [get, list], bucket: landing, prefix: daily/2026/ }
  - { callers: ["118081800000001880188"], allow: [get], bucket: landing, key: daily/one file.csv }
  - { callers: [project:partner-test], allow: [get, list], bucket: shared }
operators: [oncall@partner-prod.iam.gserviceaccount.com]
`;

interface Running {
  readonly contract: SandboxContract & { readonly bridge: string };
  readonly output: () => string;
}

async function sandboxWith(context: TestContext, options: readonly string[]): Promise<Running> {
  const directory = directoryFor(context);
  const file = join(directory, 'ready.json');
  const { child, output } = runSandbox(context, ['--port', '0', '--ready-file', file, ...options]);
  while (!existsSync(file)) {
    assert.equal(child.exitCode, null, output());
    await sleep(20);
  }
  while (!output().includes('Ctrl-C')) await sleep(20);
  return { contract: JSON.parse(readFileSync(file, 'utf8')) as Running['contract'], output };
}

function directoryFor(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-config-'));
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}

function configFile(context: TestContext, text = CONFIG): string {
  const path = join(directoryFor(context), 'fedbridge.yaml');
  writeFileSync(path, text);
  return path;
}

async function statusOf({ contract }: Running, caller: string, path: string): Promise<number> {
  const token = await identityToken({ contract }, caller, contract.audience);
  const { status } = await ask(contract.bridge, path, { headers: { authorization: `Bearer ${token}` } });
  return status;
}

/** Extracts the shell commands that the sandbox's banner shows. */
function commandsIn(output: string): string[] {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.filter((line) => /^(?:[A-Z]+=\$\()?curl /.test(line));
}

describe('a sandbox with a custom configuration file', () => {
  it("grants each caller exactly what the file grants, through the file's role chains", async (context) => {
    const sandbox = await sandboxWith(context, ['--config', configFile(context)]);
    const { contract } = sandbox;
    assert.deepEqual(
      [contract.audience, contract.awsAudience, contract.region, contract.bucket],
      ['https://partner-bridge.example', 'partner-bridge', 'us-east-2', 'landing'],
    );
    assert.equal(contract.role, 'arn:aws:iam::444455556666:role/team:lake/reader');
    const etl = 'etl@partner-prod.iam.gserviceaccount.com';
    assert.equal(contract.callers.reader, etl);
    for (const [caller, path, status] of [
      [etl, '/landing?list-type=2&prefix=daily/2026/', 200],
      [etl, '/landing/daily/2026/hello.txt', 200],
      [etl, '/landing/daily/one%20file.csv', 403],
      [
        'caller-118081800000001880188@acme-prod.iam.gserviceaccount.com',
        '/landing/daily/one%20file.csv',
        200,
      ],
      ['reader@partner-test.iam.gserviceaccount.com', '/shared/raw/public/orders.csv', 200],
      ['reader@partner-test.iam.gserviceaccount.com', '/landing/daily/2026/hello.txt', 403],
      [contract.callers.stranger, '/landing/daily/2026/hello.txt', 403],
      ['oncall@partner-prod.iam.gserviceaccount.com', '/-/metrics', 200],
      [etl, '/-/metrics', 403],
    ] as const)
      assert.equal(await statusOf(sandbox, caller, path), status, `${caller} ${path}\n${sandbox.output()}`);
  });

  it('issues tokens for the callers of the configured issuers, and shows commands that work for these callers', async (context) => {
    const text = `
audience: https://partner-bridge.example
aws: { region: us-east-2 }
issuers:
  - { name: gke-prod, kind: kubernetes, url: "https://container.googleapis.com/v1/projects/P/locations/L/clusters/C" }
  - { name: github, kind: generic, url: "https://token.actions.githubusercontent.com", jwks: "https://keys.example/jwks" }
roles: { lake: { arn: "arn:aws:iam::444455556666:role/direct" } }
buckets: { landing: { role: lake } }
grants:
  - { callers: ["gke-prod:analytics/etl", "github:repo:acme/etl:ref:refs/heads/main"], allow: [get, list], bucket: landing }
`;
    const { contract, output } = await sandboxWith(context, ['--config', configFile(context, text)]);
    assert.equal(contract.callers.reader, 'gke-prod:analytics/etl');
    for (const [caller, status] of [
      ['gke-prod:analytics/etl', 200],
      ['github:repo:acme/etl:ref:refs/heads/main', 200],
      ['gke-prod:analytics/other', 403],
    ] as const) {
      const { token } = (await control({ contract }, 'POST', '/issuer-tokens', { caller })) as {
        token: string;
      };
      const headers = { authorization: `Bearer ${token}` };
      const reply = await ask(contract.bridge, '/landing?list-type=2', { headers });
      assert.equal(reply.status, status, `${caller}\n${output()}`);
    }
    const [tokenCommand = '', readCommand = ''] = commandsIn(output());
    const script = `${tokenCommand}\n${readCommand} -o /dev/null -w '%{http_code}'`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script]);
    assert.equal(stdout, '200', script);
  });

  it("has roles whose trust policies pin this bridge's service account", async (context) => {
    const { contract } = await sandboxWith(context, ['--config', configFile(context)]);
    const stranger = await identityToken({ contract }, contract.callers.stranger, contract.awsAudience);
    const query = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: contract.role,
      RoleSessionName: 'test',
      WebIdentityToken: stranger,
    });
    const response = await fetch(`${contract.sts}/?${query.toString()}`);
    assert.equal(response.status, 403);
    assert.match(await response.text(), /AccessDenied/);
  });

  it('shows commands that work', async (context) => {
    const { output } = await sandboxWith(context, ['--config', configFile(context)]);
    await everyCommandWorks(output());
  });

  it("reports the file's problems with their line numbers, and does not start", async (context) => {
    const path = configFile(context, CONFIG.replace('allow: [get, list]', 'alow: [get, list]'));
    const { code, output } = await runSandbox(context, ['--port', '0', '--config', path]).exit;
    assert.equal(code, 1, output);
    assert.match(output, /grants\[0\]\.alow: is not a known field.*\(line 21\)/);
    assert.doesNotMatch(output, /The sandbox is up/);
  });
});

describe("the sandbox's banner", () => {
  it('shows commands that work', async (context) => {
    const { output } = await sandboxWith(context, []);
    await everyCommandWorks(output());
  });

  it('shows a file in the --dir directory, whatever its name', async (context) => {
    const directory = directoryFor(context);
    mkdirSync(join(directory, 'some data'));
    writeFileSync(join(directory, 'some data', "it's 100%.csv"), 'id\n1\n');
    const { output } = await sandboxWith(context, ['--dir', directory]);
    assert.match(output(), /some%20data\/it%27s%20100%25\.csv/);
    await everyCommandWorks(output());
  });

  it('reports an empty --dir directory', async (context) => {
    const { output } = await sandboxWith(context, ['--dir', directoryFor(context)]);
    assert.match(output(), /contains no files yet/);
  });
});

describe("the bridge's log in the sandbox", () => {
  it('is shown in short form on a terminal, so that the banner stays visible', async (context) => {
    const directory = directoryFor(context);
    const file = join(directory, 'ready.json');
    const main = new URL('../../src/main.ts', import.meta.url).pathname;
    const command = `'${process.execPath}' '${main}' sandbox --port 0 --ready-file '${file}'`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
    context.after(() => child.kill('SIGTERM'));
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    while (!output.includes('Ctrl-C')) await sleep(20);
    const contract = JSON.parse(readFileSync(file, 'utf8')) as Running['contract'];
    const running = { contract, output: () => output };
    assert.equal(await statusOf(running, contract.callers.stranger, '/acme-lake/README.txt'), 403);
    while (!output.includes('GET /acme-lake/README.txt 403')) await sleep(20);
    assert.doesNotMatch(output, /^\{/m);
    assert.match(output, /^\d\d:\d\d:\d\d {2}listening on http/m);
    const [, line] = /^\d\d:\d\d:\d\d {2}WARNING {2}(GET .*)\r$/m.exec(output) ?? [];
    assert.match(line ?? '', /403 not_granted {2}\d+ bytes {2}\d+ ms {2}stranger@acme-prod/);
  });
});

describe('fedbridge sandbox --as', () => {
  for (const caller of ['reader', 'reader@acme-prod.iam.gserviceaccount.com', '112010400000000710080'])
    it(`makes ${caller} the metadata server's default account, but not the bridge's account`, async (context) => {
      const { contract, output } = await sandboxWith(context, ['--as', caller]);
      const { email } = contract.serviceAccount;
      const account = await fetch(
        `${contract.metadata}/computeMetadata/v1/instance/service-accounts/default/email`,
        { headers: { 'Metadata-Flavor': 'Google' } },
      );
      assert.equal(await account.text(), contract.callers.reader);
      assert.notEqual(email, contract.callers.reader);
      assert.equal(await statusOf({ contract, output }, 'default', '/acme-lake/raw/public/orders.csv'), 200);
      const printed = [...output().matchAll(/export GCE_METADATA_HOST=(\S+)/g)].map(([, host]) => host);
      assert.deepEqual(printed, [new URL(contract.metadata).host]);
    });

  it("keeps the token of the cluster's service account in a file, and prints the variables for AWS SDKs", async (context) => {
    const { contract, output } = await sandboxWith(context, ['--as', 'cluster:analytics/etl']);
    const { bridge, tokenFile = '' } = contract as typeof contract & { bridge: string; tokenFile?: string };
    const [, printed] =
      /export AWS_WEB_IDENTITY_TOKEN_FILE='(.+?)' AWS_ROLE_ARN=arn:aws:iam::/.exec(output()) ?? [];
    assert.equal(printed, tokenFile);
    assert.ok(output().includes(`AWS_ENDPOINT_URL_STS=${bridge}/-/sts`), output());
    const headers = { authorization: `Bearer ${readFileSync(tokenFile, 'utf8')}` };
    assert.equal((await fetch(`${bridge}/acme-lake/raw/public/orders.csv`, { headers })).status, 200);
    assert.equal((await fetch(`${bridge}/acme-lake/raw/private/salaries.csv`, { headers })).status, 403);
  });

  it("rejects an unknown account, an unknown issuer's caller, and the bridge's own account", async (context) => {
    for (const [caller, said] of [
      ['nobody', /--as must name a caller.*reader@acme-prod/s],
      ['fedbridge@acme-prod.iam.gserviceaccount.com', /--as must name a caller.*the bridge's own/s],
      ['cluste:analytics/etl', /--as: must be an email.*Did you mean "cluster:analytics\/etl"\?/],
      ['cluster:etl', /--as: must be cluster:NAMESPACE\/SERVICEACCOUNT/],
    ] as const) {
      const { code, output } = await runSandbox(context, ['--port', '0', '--as', caller]).exit;
      assert.equal(code, 2, output);
      assert.match(output, said);
    }
  });
});

/** Runs the commands in order in one shell, because later commands use the tokens that earlier commands got. */
async function everyCommandWorks(output: string): Promise<void> {
  const commands = commandsIn(output);
  assert.ok(commands.length >= 4, output);
  const script = commands
    .map((command) =>
      command.startsWith('curl ')
        ? `echo "$(${command.replace(/^curl (?:-s )?/, "curl -s -o /dev/null -w '%{http_code}' ").replace(' -i ', ' ')})"`
        : command,
    )
    .join('\n');
  const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
  const statuses = stdout.trim().split('\n');
  const denied = commands
    .filter((command) => command.startsWith('curl '))
    .map((command) => command.includes('-i '));
  assert.deepEqual(
    statuses.map((status) => status === '403'),
    denied,
    `${output}\n${stdout}`,
  );
  for (const status of statuses) assert.match(status, /^(?:200|206|403)$/);
}
