// The setup for tests of the probe: a bridge, the object that the probe reads, and the machine on which it runs.
import assert from 'node:assert/strict';
import { configured, emailOf } from '../support/configuration.ts';
import { startWire } from '../support/wire.ts';
import type { Wire, WireOptions } from '../support/wire.ts';
import { lineOf, startProbesMachine } from './probes-machine.ts';
import type { Outcome, ProbesMachine } from './probes-machine.ts';

/** The key ends in `healthz`, because Cloud Run does not pass paths with this ending to the container. */
export const KEY = 'probe/healthz';
const GRANT = `callers: [${emailOf('reader')}], allow: [get], bucket: acme-lake, key: ${KEY}`;
/** The correct configuration: the probe's account has one grant, for one object. */
export const RIGHT = configured({ grants: [GRANT] });

export interface Stage {
  readonly wire: Wire;
  readonly machine: ProbesMachine;
  /** Runs the probe with the correct options; `options` overrides some of them. */
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
  await wire.put('raw/other', 'the probe may not read this');
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

/** @returns each failed check's status and error, keyed by the check's name */
export function failuresIn(outcome: Outcome): Record<string, unknown> {
  const { ok, severity, message, checks } = lineOf(outcome);
  const failed = checks.filter((check) => !check.ok);
  assert.deepEqual(
    [ok, severity, outcome.code],
    failed.length === 0 ? [true, 'INFO', 0] : [false, 'ERROR', 1],
  );
  for (const { name } of failed) assert.ok(message.includes(name), message);
  for (const { name, ok: passed, remedy } of checks) assert.equal(remedy === undefined, passed, name);
  return Object.fromEntries(failed.map(({ name, status, error }) => [name, [status, error]]));
}
