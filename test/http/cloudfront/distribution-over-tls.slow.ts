// The TLS handshake and the Host header contain the distribution's host name, and its certificate must be valid for that name.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../faults/certificates.ts';
import type { Identification } from '../../faults/certificates.ts';
import { fakedNames } from '../../faults/faked-names.ts';
import type { FakedNames } from '../../faults/faked-names.ts';
import { freePort } from '../../bench/ports.ts';
import { BUCKET, distributed, pathOf, REGION } from '../../support/distributed-wire.ts';
import { nginxLacks, startDistribution } from '../../support/distribution.ts';
import type { Distribution } from '../../support/distribution.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const HOST = 'd111111abcdef8.cloudfront.test';
const OBJECT = `/${BUCKET}/raw/public/orders.csv`;

const lack = nginxLacks();
describe('a CloudFront distribution over TLS', { skip: lack ?? false }, () => {
  let directory: string;
  let names: FakedNames;
  const authority = createAuthority('*.cloudfront.test');
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fedbridge-tls-'));
    names = await fakedNames([HOST]);
    await writeFile(join(directory, 'authority.pem'), authority.cert);
  });
  after(async () => {
    await names.remove();
    await rm(directory, { recursive: true });
  });

  /** Calls `use` with a bridge that reads through a distribution with this certificate. */
  async function withDistribution(
    { cert, key }: Identification,
    use: (wire: Wire, distribution: Distribution) => Promise<void>,
  ): Promise<void> {
    const tls = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
    await writeFile(tls.cert, cert);
    await writeFile(tls.key, key);
    const s3Port = await freePort();
    const behind = `http://127.0.0.1:${s3Port}`;
    const distribution = await startDistribution({ behind, bucket: BUCKET, region: REGION, tls });
    try {
      const wire = await startWire({
        ownProcess: true,
        sandbox: { ports: { s3: s3Port } },
        config: distributed(`https://${HOST}:${distribution.port}`),
        environment: {
          ...names.environment,
          NODE_OPTIONS: `--import=${names.preload}`,
          NODE_EXTRA_CA_CERTS: join(directory, 'authority.pem'),
        },
      });
      await use(wire, distribution).finally(() => wire.close());
    } finally {
      await distribution.close();
    }
  }
  const lineOf = async (wire: Wire) => {
    const reply = await wire.get(OBJECT, { as: 'reader' });
    assert.equal(reply.status, 200);
    return wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
  };

  it('is addressed by its own host name in the TLS handshake and the Host header', async () => {
    await withDistribution(authority.good, async (wire, distribution) => {
      const line = await lineOf(wire);
      assert.deepEqual([pathOf(line), line['cloudFrontFallback']], ['cloudfront', undefined]);
      const [viewed] = await distribution.requests();
      assert.deepEqual([viewed?.serverName, viewed?.host], [HOST, HOST]);
    });
  });

  for (const what of ['ofAnotherName', 'selfSigned'] as const)
    it(`receives no request if its certificate is invalid (${what})`, async () => {
      await withDistribution(authority[what], async (wire, distribution) => {
        const line = await lineOf(wire);
        assert.deepEqual([pathOf(line), line['cloudFrontFallback']], [undefined, 'unavailable']);
        assert.deepEqual(await distribution.requests(), []);
      });
    });
});
