// A bridge that a test can harm from outside: an error that nobody catches, a loop that does not turn. It runs the real program.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWire } from './wire.ts';
import type { Wire, WireOptions } from './wire.ts';

export interface Harm {
  /** `collect` collects the garbage, so that what is left is kept; `pause` holds the loop once, `lag` again and again until the next harm. */
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
      // Whole at any time: the signal before may be read late.
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
