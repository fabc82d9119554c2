// Where S3's body ends early, the caller's connection is cut: a short body never looks complete.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LogLine } from './bridge-process.ts';
import { request } from './http-request.ts';
import { startWire } from './wire.ts';
import type { Wire } from './wire.ts';

const SIZE = 3_000_000;
const PATH = '/acme-lake/raw/big.bin';

/** Also when it is asked for the rest, which is three times: that does not make the whole. */
describe('a body that S3 cuts each time', () => {
  let wire: Wire;
  let cuts = 0;
  before(async () => {
    wire = await startWire({ config: (contract) => withStall(contract.role, 1) });
    await wire.put('raw/big.bin', Buffer.alloc(SIZE, 'x'));
  });
  after(() => wire.close());

  for (const [what, fault] of [
    ['by ending the connection', { fault: 'cut', after: 500_000 }],
    ['at its very first byte', { fault: 'cut', after: 0 }],
    ['by going silent', { fault: 'stall', after: 500_000 }],
    ['by promising more than it sends', { fault: 'wrong-length', by: 10 }],
  ] as const) {
    it(`${what} is cut for the caller too`, async () => {
      const token = await wire.token('reader');
      await wire.fault({ supplier: 's3', path: 'big.bin', ...fault });
      await assert.rejects(request(wire.bridge.url, PATH, { headers: { authorization: `Bearer ${token}` } }));
      await wire.clearFaults();
      const cut = ({ complete }: LogLine): boolean => complete === false;
      cuts += 1;
      await wire.bridge.line(() => wire.bridge.lines.filter(cut).length === cuts);
      const line = wire.bridge.lines.findLast(cut);
      assert.equal(line?.['abortedBy'], 's3');
      assert.equal(line['severity'], 'ERROR');
    });
  }

  it('does not harm the next read', async () => {
    const reply = await wire.get(PATH, { as: 'reader' });
    assert.equal(reply.status, 200);
    assert.equal(reply.body.length, SIZE);
  });
});

function withStall(role: string, stallSeconds: number): string {
  return `audience: https://lake-bridge.example
aws: { region: eu-west-1, audience: fedbridge }
roles: { lake: { arn: ${role} } }
buckets: { acme-lake: { role: lake } }
grants: [{ callers: [project:acme-prod], allow: [get, list], bucket: acme-lake }]
limits: { stall: ${stallSeconds}s }
`;
}
