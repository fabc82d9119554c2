// `fedbridge egress` reads a bridge's log lines or an export from Cloud Logging, and prints the bytes and their estimated cost.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleWith } from '../config/sample.ts';
import { configured, READER_MAY_ALL } from '../support/configuration.ts';
import { startWire } from '../support/wire.ts';
import { fedbridge } from '../terraform/fedbridge.ts';

const READER = 'reader@acme-prod.iam.gserviceaccount.com';
const GB = 2 ** 30;

interface Report {
  readonly estimate: boolean;
  readonly note: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly total: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly otherLines: number;
  readonly unreadableLines: number;
  readonly priceSources: readonly { readonly date: string; readonly source: string }[];
}

describe('fedbridge egress', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-egress-'));
  const fileOf = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text);
    return file;
  };
  /** The log lines of a bridge that has served two reads. */
  let output: string;
  before(async () => {
    const wire = await startWire({ config: configured({ grants: [READER_MAY_ALL] }) });
    await wire.put('100k.bin', Buffer.alloc(100_000));
    for (let i = 0; i < 2; i += 1) await wire.get('/acme-lake/100k.bin', { as: 'reader' });
    await wire.bridge.line(
      () => wire.bridge.lines.filter(({ bytesFromS3 }) => bytesFromS3 === 100_000).length > 1,
    );
    output = wire.bridge.lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    await wire.close();
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  const jsonOf = (...args: readonly string[]): Report => {
    const { status, stdout, stderr } = fedbridge('egress', '--json', ...args);
    assert.deepEqual([status, stderr], [0, '']);
    return JSON.parse(stdout) as Report;
  };
  const line = (more: Readonly<Record<string, unknown>> = {}): object => ({
    caller: READER,
    bucket: 'acme-lake',
    region: 'us-east-1',
    bytesFromS3: GB,
    ...more,
  });

  it("adds up the bytes in the bridge's own log lines", () => {
    const { rows, otherLines, requests } = jsonOf(fileOf('own.log', output));
    assert.deepEqual(
      rows.map(({ caller, bucket, path, bytes, pricePerGB }) => [caller, bucket, path, bytes, pricePerGB]),
      [[READER, 'acme-lake', 'endpoint', 200_000, null]],
    );
    assert.ok(otherLines > 0 && requests >= 2);
  });

  it('reads log entries exported from Cloud Logging, from a file or standard input', () => {
    const entries = [line(), line({ path: 'cloudfront' }), line({ bytesFromS3: 0 })].map((jsonPayload) => ({
      insertId: '1',
      jsonPayload,
    }));
    const { rows, total, estimate, note, priceSources } = jsonOf(
      fileOf('gcloud.json', JSON.stringify(entries, null, 2)),
    );
    assert.deepEqual(
      rows.map(({ path, estimatedCost }) => [path, estimatedCost]),
      [
        ['internet', 0.09],
        ['cloudfront', 0.085],
      ],
    );
    assert.deepEqual([estimate, total['estimatedCost']], [true, 0.175]);
    assert.match(note, /^This is an estimate, not a bill/);
    assert.ok(priceSources.every(({ date, source }) => date !== '' && source !== ''));
    const program = join(import.meta.dirname, '../../src/main.ts');
    const piped = spawnSync(process.execPath, [program, 'egress', '-'], {
      input: entries.map((entry) => JSON.stringify(entry)).join('\n'),
      encoding: 'utf8',
    });
    assert.equal(piped.status, 0, piped.stderr);
    assert.match(piped.stdout, /^total +2\.000 +0\.17$|^total +2\.000 +0\.18$/m);
    assert.match(piped.stdout, /This is an estimate, not a bill/);
    assert.match(piped.stdout, /\[1\] AWS Price List API.*\(2026/);
  });

  it('adds the bytes that arrived after a response had ended, but does not count another request', () => {
    const lines = [line(), line({ event: 'bytes_after_response' }), { event: 'start' }];
    const text = lines.map((each) => JSON.stringify(each)).join('\n');
    const { rows, requests, otherLines } = jsonOf(fileOf('late.log', text));
    assert.deepEqual([rows.map(({ bytes }) => bytes), requests, otherLines], [[2 * GB], 1, 1]);
  });

  it('uses the prices and regions in a configuration file', () => {
    const config = fileOf(
      'bridge.yaml',
      sampleWith(
        ['buckets acme-lake region', 'eu-west-1'],
        ['egress', { prices: { 'eu-west-1': { internet: 0.01 } } }],
      ),
    );
    const log = fileOf('old.log', JSON.stringify(line({ region: undefined })));
    const { rows } = jsonOf('--config', config, log);
    assert.deepEqual([rows[0]?.['region'], rows[0]?.['estimatedCost']], ['eu-west-1', 0.01]);
    assert.equal(jsonOf(log).total['bytesWithoutPrice'], GB);
  });

  it('reports unreadable lines with their line numbers, and adds up the other lines', () => {
    const log = fileOf('bad.log', `${JSON.stringify(line())}\nnot json\n{"bytesFromS3":"x"}\n[]\n`);
    const { status, stdout, stderr } = fedbridge('egress', log);
    assert.equal(status, 1);
    assert.equal(
      stderr,
      'fedbridge egress: line 2 is not JSON.\nfedbridge egress: line 3 has a bytesFromS3 that is not a number of bytes.\nfedbridge egress: line 4 is not a JSON object.\n',
    );
    assert.match(stdout, /^total +1\.000 +0\.09$/m);
  });

  it('does not print control characters from the log', () => {
    const log = fileOf('control.log', JSON.stringify(line({ caller: '\u001b[2Jx' })));
    assert.ok(!fedbridge('egress', log).stdout.includes('\u001b'));
  });

  it('reports a missing file, a log without the required field, and wrong usage', () => {
    const missing = fedbridge('egress', join(directory, 'missing.log'));
    assert.deepEqual([missing.status, missing.stdout], [1, '']);
    assert.match(missing.stderr, /missing\.log: does not exist\. Check the path\./);
    assert.match(
      fedbridge('egress', fileOf('other.log', '{"a":1}\n')).stderr,
      /no line contains bytesFromS3/,
    );
    assert.equal(fedbridge('egress').status, 2);
  });

  it('reads a large log with little memory', () => {
    const program = join(import.meta.dirname, '../../src/main.ts');
    const lines = `${JSON.stringify(line({ message: 'x'.repeat(300), bytesFromS3: 1 }))}\n`.repeat(2_000);
    const large = fileOf('large.log', '');
    for (let i = 0; i < 100; i += 1) writeFileSync(large, lines, { flag: 'a' });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--max-old-space-size=32', program, 'egress', '--json', large],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    assert.equal((JSON.parse(stdout) as Report).total['bytes'], 200_000);
  });
});
