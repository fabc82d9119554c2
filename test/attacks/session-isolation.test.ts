// When many callers send hundreds of concurrent requests, each request reaches S3 with its caller's session, and each caller
// gets its own response.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawClient } from '../fuzz/raw-client.ts';
import type { RawReply } from '../fuzz/raw-client.ts';
import { emailOf, startMarkedLake } from './marked-lake.ts';
import type { MarkedLake } from './marked-lake.ts';

const NAMES = Array.from({ length: 12 }, (_, i) => `job-${i}`);
const CONNECTIONS = 16;
const REQUESTS_EACH = 50;

describe('many concurrent callers', () => {
  let lake: MarkedLake;
  before(async () => {
    lake = await startMarkedLake({
      grants: NAMES.map(
        (name) => `callers: [${emailOf(name)}], allow: [get, list], bucket: acme-lake, prefix: of-${name}/`,
      ),
      // The response times vary, so that responses arrive in a different order from their requests.
      answer: ({ url = '' }, response, session) => {
        const body = JSON.stringify({ sessionName: session?.sessionName, policy: session?.policy, url });
        setTimeout(() => response.end(body), url.length % 7);
      },
    });
  });
  after(() => lake.close());

  const ask = async (
    client: ReturnType<typeof rawClient>,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<RawReply> => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const reply = await client.send(
      `GET ${path} HTTP/1.1\r\nHost: b\r\n${lines.join('')}\r\n`,
      false,
      20_000,
    );
    assert.ok(typeof reply === 'object', `no response to ${path}`);
    return reply;
  };

  for (const when of ['with cold caches', 'with warm caches', 'with new tokens']) {
    it(`each get only their own objects ${when}`, async () => {
      const jti = when === 'with new tokens' ? 'another' : 'first';
      const tokens = new Map(NAMES.map((name) => [name, lake.tokenOf(name, { jti })]));
      let [granted, refused] = [0, 0];
      const work = async (worker: number): Promise<void> => {
        const client = rawClient(lake.wire.bridge.url);
        // Each connection carries requests from all callers, and the order of the callers is different on each connection.
        for (let i = 0; i < REQUESTS_EACH; i += 1) {
          const name = NAMES[(worker * 5 + i * 7) % NAMES.length] ?? assert.fail();
          const owner = i % 4 === 3 ? (NAMES[(worker + i) % NAMES.length] ?? assert.fail()) : name;
          const path = `/acme-lake/of-${owner}/${worker}/${'x'.repeat(i % 9)}${i}`;
          const { status, body, headers } = await ask(client, path, {
            Authorization: `Bearer ${tokens.get(name) ?? ''}`,
          });
          if (owner !== name) {
            refused += 1;
            assert.deepEqual([status, headers.get('x-fedbridge-error')], [403, 'not_granted']);
            continue;
          }
          granted += 1;
          const said = JSON.parse(body.replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, '')) as Record<
            string,
            string
          >;
          assert.equal(status, 200);
          assert.equal(said['sessionName'], `${name}@acme-prod`, "with another caller's session");
          assert.equal(said['url'], path, 'the response to another request');
          assert.match(said['policy'] ?? '', new RegExp(`/of-${name}/\\*"`));
          for (const other of NAMES) if (other !== name) assert.ok(!said['policy']?.includes(`of-${other}/`));
        }
        client.drop();
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => work(i)));
      assert.ok(granted > 500 && refused > 100, `${granted} granted and ${refused} rejected`);
    });
  }

  it('use one AWS session each, however many tokens they send', () => {
    const names = lake.sts.sessions
      .map(({ sessionName }) => sessionName)
      .filter((name) => name.endsWith('@acme-prod'));
    assert.deepEqual(names.sort(), NAMES.map((name) => `${name}@acme-prod`).sort());
  });
});
