// Starts a bridge with a configuration file that a test can rewrite and reload.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import type { LogLine } from './bridge-process.ts';
import { startClockedWire } from './faked-clock.ts';
import type { ClockedWire } from './faked-clock.ts';

export interface ReloadingWire extends ClockedWire {
  /** Writes the file, sends SIGHUP, and resolves to the log line that reports the result. */
  reload(config: string): Promise<LogLine>;
}

export async function startReloading(first: (contract: SandboxContract) => string): Promise<ReloadingWire> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-reload-'));
  const file = join(directory, 'bridge.yaml');
  const wire = await startClockedWire({ config: first, configFile: file });
  let seen = 0;
  return {
    ...wire,
    reload: async (config) => {
      seen = wire.bridge.lines.length;
      await writeFile(file, config);
      process.kill(wire.bridge.pid, 'SIGHUP');
      return wire.bridge.line(
        (line) => wire.bridge.lines.indexOf(line) >= seen && String(line['message']).startsWith('SIGHUP'),
      );
    },
    close: async () => {
      await wire.close();
      await rm(directory, { recursive: true });
    },
  };
}
