// A probe, its machine, and a bridge that is configured as a test says, with the object that the probe reads.
import assert from 'node:assert/strict';
import { configured, emailOf } from '../support/configuration.ts';
import { startWire } from '../support/wire.ts';
import type { Wire, WireOptions } from '../support/wire.ts';
import { lineOf, startProbesMachine } from './probes-machine.ts';
import type { Outcome, ProbesMachine } from './probes-machine.ts';

/** Its path would never reach a container on Cloud Run. */
export const KEY = 'probe/healthz';
const GRANT = `callers: [${emailOf('reader')}], allow: [get], bucket: acme-lake, key: ${KEY}`;
/** The probe's account has one grant, of one object. */
export const RIGHT = configured({ grants: [GRANT] });

export interface Stage {
  readonly wire: Wire;
  readonly machine: ProbesMachine;
  /** The right options, with some of them otherwise. */
  probe(
    options?: Readonly<Record<string, string>>,
    environment?: Readonly<Record<string, string>>,
  ): Promise<Outcome>;
  close(): Promise<void>;
}

export async function startStage(config: NonNullable<WireOptions['config']>): Promise<Stage> {
  const wire = await startWire({ config });
  const machine = await startProbesMachine(wire.sandbox.contract);
  await wire.put(KEY, 'the probe reads this');
  await wire.put('raw/other', 'this one it may not read');
  return {
    wire,
    machine,
    probe: (options = {}, environment = {}) =>
      machine.run(
        {
          url: wire.bridge.url,
          audience: wire.sandbox.contract.audience,
          bucket: 'acme-lake',
          key: KEY,
          'ungranted-key': 'raw/other',
          'ungranted-account': wire.sandbox.contract.callers.stranger,
          ...options,
        },
        environment,
      ),
    close: async () => {
      await machine.close();
      await wire.close();
    },
  };
}

/** The names of the checks that failed, with what came instead. */
export function failuresIn(outcome: Outcome): Record<string, unknown> {
  const { ok, severity, message, checks } = lineOf(outcome);
  const failed = checks.filter((check) => !check.ok);
  assert.deepEqual(
    [ok, severity, outcome.code],
    failed.length === 0 ? [true, 'INFO', 0] : [false, 'ERROR', 1],
  );
  for (const { name } of failed) assert.ok(message.includes(name), message);
  for (const { name, ok: holds, remedy } of checks) assert.equal(remedy === undefined, holds, name);
  return Object.fromEntries(failed.map(({ name, status, error }) => [name, [status, error]]));
}
