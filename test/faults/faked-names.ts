// Lets a test control how the bridge resolves its upstreams' host names.
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a host name resolves to: this machine, nothing, or an address that never responds. */
export type Leads = 'here' | 'nowhere' | 'to nobody who answers';

export interface Names {
  /** How each host name resolves; all other names are looked up normally. */
  readonly leads: Readonly<Record<string, Leads>>;
}

export interface FakedNames {
  readonly environment: Readonly<Record<string, string>>;
  /** The URL of the preload script for `node --import`. */
  readonly preload: string;
  lead(host: string, leads: Leads): Promise<void>;
  /** Returns the number of lookups of this name, which is also the number of new connections. */
  asked(host: string): Promise<number>;
  remove(): Promise<void>;
}

export async function fakedNames(hosts: readonly string[]): Promise<FakedNames> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-names-'));
  const file = join(directory, 'names.json');
  let leads: Names['leads'] = Object.fromEntries(hosts.map((host) => [host, 'here']));
  const write = async (): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify({ leads } satisfies Names));
    // Replaces the file atomically, because the bridge may read it at any time.
    await rename(`${file}.new`, file);
  };
  await write();
  await writeFile(`${file}.asked`, '');
  return {
    environment: { FAKED_NAMES: file },
    preload: new URL('faked-names-preload.ts', import.meta.url).href,
    lead: async (host, where) => {
      leads = { ...leads, [host]: where };
      await write();
    },
    asked: async (host) => {
      const lines = (await readFile(`${file}.asked`, 'utf8')).split('\n');
      return lines.filter((line) => line === host).length;
    },
    remove: () => rm(directory, { recursive: true }),
  };
}
