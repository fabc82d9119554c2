// Starts a bridge in which a test can cause an uncaught error or a blocked event loop.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWire } from './wire.ts';
import type { Wire, WireOptions } from './wire.ts';

export interface Harm {
  /**
   * `pause` blocks the event loop once, `lag` blocks it repeatedly until the next signal, and `collect` runs a garbage
   * collection.
   */
  readonly what: 'throw' | 'throw-text' | 'reject' | 'pause' | 'lag' | 'collect' | 'none';
  readonly milliseconds?: number;
}

export interface HarmedWire extends Wire {
  harm(harm: Harm): Promise<void>;
}

const PRELOAD = new URL('provoked-fault-preload.ts', import.meta.url).href;

export async function startHarmedWire(options: Omit<WireOptions, 'environment'> = {}): Promise<HarmedWire> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-harm-'));
  const file = join(directory, 'harm.json');
  const environment = { NODE_OPTIONS: `--import=${PRELOAD}`, PROVOKED_FAULT: file };
  const wire = await startWire({ ...options, environment });
  return {
    ...wire,
    harm: async (harm) => {
      // Replaces the file atomically, because the bridge may still be reading it for the previous signal.
      await writeFile(`${file}.new`, JSON.stringify(harm));
      await rename(`${file}.new`, file);
      process.kill(wire.bridge.pid, 'SIGUSR2');
    },
    close: async () => {
      await wire.close();
      await rm(directory, { recursive: true });
    },
  };
}
