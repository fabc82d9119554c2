// Runs ceph/s3-tests twice against a real Ceph, directly and with reads through the bridge, and writes the score.
//
//   node test/s3-tests/score.ts --suite DIR --output DIR [--python PROGRAM] [--tests FILE]
//
// --suite is a checkout of ceph/s3-tests. The score counts only tests that pass against Ceph directly, because Ceph itself
// fails the other tests. The script requires root and Debian, like test/ceph.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startCephStage } from '../ceph/ceph-stage.ts';
import { outcomesIn, renderScore, scoreOf } from './outcomes.ts';
import { startReadsThroughBridge } from './reads-through-bridge.ts';
import { startSuiteBridge, suiteAccounts, suiteConfiguration } from './suite-bridge.ts';

const { values } = parseArgs({
  options: {
    suite: { type: 'string' },
    output: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    tests: { type: 'string', default: 's3tests/functional/test_s3.py' },
  },
});
const { suite, output, python, tests } = values;
if (suite === undefined || output === undefined) {
  process.stderr.write(
    'Usage: node test/s3-tests/score.ts --suite DIR --output DIR [--python PROGRAM] [--tests FILE]\n',
  );
  process.exit(2);
}
const directory = resolve(output);
await mkdir(directory, { recursive: true });
/** Configuration files contain keys, so they are not written to the output directory. */
const scratch = await mkdtemp(join(tmpdir(), 'fedbridge-s3-tests-'));

/** @returns pytest's report, which may contain failed tests; rejects if there is no report */
async function runSuite(name: string, configuration: string): Promise<string> {
  const report = join(directory, `${name}.xml`);
  await writeFile(join(scratch, `${name}.conf`), configuration, { mode: 0o600 });
  const child = spawn(
    python.includes('/') ? resolve(python) : python,
    ['-m', 'pytest', tests, '-q', '--tb=line', `--junitxml=${report}`],
    {
      cwd: suite,
      env: { ...process.env, S3TEST_CONF: join(scratch, `${name}.conf`) },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  await once(child, 'close');
  return readFile(report, 'utf8');
}

const stage = await startCephStage();
try {
  const accounts = await suiteAccounts(stage);
  const bridge = await startSuiteBridge(stage, join(scratch, 'bridge.yaml'));
  const front = await startReadsThroughBridge({
    bridge: bridge.url,
    store: stage.ceph.endpoint,
    accessKeyId: accounts.main.accessKeyId,
    token: () => stage.token('reader'),
  });
  try {
    const direct = await runSuite('direct', suiteConfiguration(stage.ceph.endpoint, accounts));
    const throughBridge = await runSuite('through-bridge', suiteConfiguration(front.origin, accounts));
    const score = scoreOf(outcomesIn(direct), outcomesIn(throughBridge));
    await writeFile(join(directory, 'score.json'), `${JSON.stringify(score, null, 2)}\n`);
    await writeFile(join(directory, 'score.md'), renderScore(score));
    process.stdout.write(renderScore(score));
  } finally {
    front.close();
    await bridge.stop();
  }
} finally {
  await stage.close();
  await rm(scratch, { recursive: true });
}
