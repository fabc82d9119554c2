// Bodies that are read at the same time never mix, although the bridge reuses the memory that held earlier bodies.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { open } from '../../support/http-request.ts';
import { openSession, openStream } from '../../support/http2-request.ts';
import { asAccount, openToProject } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/**
 * Body sizes below and above each threshold at which the bridge changes how it sends a body: as text, in one piece, or in
 * reused memory.
 */
const SIZES = [9_000, 17_000, 65_536, 72_000, 140_000, 1_000_000];
const READERS = 24;
const READS_EACH = 12;

describe('concurrent reads', () => {
  let wire: Wire;
  const bodies = SIZES.flatMap((size) => [randomBytes(size), randomBytes(size)]);
  before(async () => {
    wire = await startWire({ config: openToProject('') });
    await Promise.all(bodies.map((body, i) => wire.put(`body-${i}`, body)));
  });
  after(() => wire.close());

  type Body = AsyncIterable<unknown> & { destroy(): unknown };
  /** A third of the readers are slow, and a third abort some of their reads. */
  const readMany = async (reader: number, read: (path: string) => Promise<Body>): Promise<void> => {
    for (let n = 0; n < READS_EACH; n += 1) {
      const index = (5 * reader + 7 * n) % bodies.length;
      const body = await read(`/acme-lake/body-${index}`);
      const chunks: Buffer[] = [];
      for await (const chunk of body) {
        chunks.push(chunk as Buffer);
        if (reader % 3 === 1) for (let turn = 0; turn < 20; turn += 1) await setImmediate();
        if (reader % 3 === 2 && n % 2 === 1) break;
      }
      const received = Buffer.concat(chunks);
      const sent = bodies[index]?.subarray(0, received.length);
      assert.ok(
        sent?.equals(received),
        `reader ${reader}, read ${n}, body ${index}: ${received.length} bytes`,
      );
      if (!(reader % 3 === 2 && n % 2 === 1)) assert.equal(received.length, bodies[index]?.length);
    }
  };

  it('over HTTP/1 each receive only the bytes of their own object', async () => {
    const readers = Array.from({ length: READERS }, (_, reader) =>
      readMany(reader, (path) => open(wire.bridge.url, path, { headers: asAccount(wire, reader) })),
    );
    await Promise.all(readers);
  });

  it('over one HTTP/2 session each receive only the bytes of their own object', async () => {
    const session = openSession(wire.bridge.url);
    const readers = Array.from({ length: READERS }, (_, reader) =>
      readMany(reader, async (path) => {
        const { stream } = await openStream(session, path, { headers: asAccount(wire, reader) });
        return stream;
      }),
    );
    await Promise.all(readers);
    session.close();
  });
});
