// When the bridge starts, it logs its configuration and its identity. It logs each role when that role is first assumed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

describe("the bridge's startup log", () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      ownProcess: true,
      config: ({ audience, awsAudience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1, audience: ${awsAudience} }
roles:
  lake: { arn: "${role}" }
  denied: { arn: "arn:aws:iam::123456789012:role/not-there" }
buckets: { acme-lake: { role: lake }, other-lake: { role: denied } }
grants:
  - { callers: [${callers.reader}], allow: [get, list], bucket: acme-lake }
  - { callers: [${callers.scoped}], allow: [get], bucket: acme-lake, key: one.csv }
  - { callers: [${callers.scoped}], allow: [get], bucket: other-lake }
`,
    });
  });
  after(() => wire.close());

  it('begins with the version, identity, roles, buckets and grants', () => {
    const [line] = wire.bridge.lines;
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    assert.equal(line?.['severity'], 'INFO');
    assert.equal(line['message'], `fedbridge ${version} starts: 2 roles, 2 buckets, 3 grants`);
    assert.deepEqual(
      [line['event'], line['version'], line['identity'], line['roles'], line['buckets'], line['grants']],
      ['start', version, 'metadata', ['lake', 'denied'], ['acme-lake', 'other-lake'], 3],
    );
  });

  it('has one line for each assumed role, not one for each call to STS', async () => {
    const { role } = wire.sandbox.contract;
    const isAssumed = ({ message }: { message?: unknown }): boolean =>
      String(message).endsWith('has been assumed');
    const line = await wire.bridge.line(isAssumed);
    assert.deepEqual(
      [line['severity'], line['message'], line['role'], line['roleArn']],
      ['INFO', 'role lake has been assumed', 'lake', role],
    );
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).status, 200);
    assert.equal(wire.bridge.lines.filter(isAssumed).length, 1);
  });
});
