// Names of suppliers that lead where a test says. What runs is the real program, with another resolver of names.
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a name leads. */
export type Leads = 'here' | 'nowhere' | 'to nobody who answers';

export interface Names {
  /** By host; any other host is looked up as ever. */
  readonly leads: Readonly<Record<string, Leads>>;
}

export interface FakedNames {
  readonly environment: Readonly<Record<string, string>>;
  /** For `node --import`. */
  readonly preload: string;
  lead(host: string, leads: Leads): Promise<void>;
  /** How often a name was looked up so far: once for each new connection. */
  asked(host: string): Promise<number>;
  remove(): Promise<void>;
}

export async function fakedNames(hosts: readonly string[]): Promise<FakedNames> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-names-'));
  const file = join(directory, 'names.json');
  let leads: Names['leads'] = Object.fromEntries(hosts.map((host) => [host, 'here']));
  const write = async (): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify({ leads } satisfies Names));
    // In one step, as it may be read at any time.
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
