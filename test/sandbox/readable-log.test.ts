// On a terminal, the sandbox prints readable log lines instead of the bridge's JSON.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readableLine } from '../../src/sandbox/readable-log.ts';

const time = '2026-11-29T04:05:06.789Z';
const line = (fields: Readonly<Record<string, unknown>>): string =>
  readableLine(JSON.stringify({ severity: 'INFO', time, ...fields }));

describe('a readable log line', () => {
  it('for a request shows its time, result, size, duration and caller', () => {
    const request = {
      message: 'GET /acme-lake/a.csv 200',
      bytesSent: 57,
      milliseconds: { s3FirstByte: 2.5, total: 3.4 },
      caller: 'reader@acme-prod.iam.gserviceaccount.com',
    };
    assert.equal(
      line(request),
      '04:05:06  GET /acme-lake/a.csv 200  57 bytes  3 ms  reader@acme-prod.iam.gserviceaccount.com',
    );
  });

  it('shows the severity unless it is INFO, and the fix on a separate line', () => {
    const failed = { severity: 'ERROR', message: 'STS is unreachable', remedy: 'Check egress.' };
    assert.equal(line(failed), '04:05:06  ERROR  STS is unreachable\n          Check egress.');
  });

  it('escapes terminal control characters', () => {
    assert.doesNotMatch(line({ message: '\u001b[2Jgone\u009b', remedy: 'a\rb' }), /[^\P{Cc}\n]/u);
  });

  it('is unchanged if the input is not a JSON log entry', () => {
    for (const text of ['', 'Warning: no JSON', '[]', '{"message":"no time"}'])
      assert.equal(readableLine(text), text);
  });
});
