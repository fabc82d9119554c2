// Runs the two programs that give S3 clients a caller's token, as child processes on a caller's machine.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { inheritedEnvironment } from '../../src/config/load.ts';
import { startCallersMachine } from '../support/caller-machine.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

const ROOT = join(import.meta.dirname, '../..');
export const PROGRAMS = {
  'fedbridge caller-credentials': [process.execPath, join(ROOT, 'src/main.ts'), 'caller-credentials'],
  'caller-credentials.sh': ['/bin/sh', join(ROOT, 'deploy/caller-credentials.sh')],
} as const;
export type ProgramName = keyof typeof PROGRAMS;
export const NAMES = Object.keys(PROGRAMS) as ProgramName[];
/** The audience of the sandbox's bridge. */
export const AUDIENCE = 'https://lake-bridge.example';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
type Variables = Readonly<Record<string, string>>;

export interface Programs {
  readonly wire: Wire;
  /** Runs one program as the caller `reader`, with none of the bridge's variables. */
  run(name: ProgramName, args: readonly string[], environment?: Variables): Promise<Outcome>;
  /** Runs both programs and asserts that their output is identical except for their names. */
  both(args: readonly string[], environment?: Variables): Promise<Outcome>;
  /** Runs any other program with the same variables. */
  runOther(command: readonly string[], environment: Variables): Promise<Outcome>;
  readonly metadataHost: string;
  close(): Promise<void>;
}

export async function startPrograms(): Promise<Programs> {
  const wire = await startWire();
  const machine = await startCallersMachine(wire.sandbox.contract, 'reader');
  const { metadataHost } = machine;
  const runOther: Programs['runOther'] = ([file = '', ...args], environment) => {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const env = { ...inheritedEnvironment(), GCE_METADATA_HOST: metadataHost, ...environment };
    execFile(file, args, { env, cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    return promise;
  };
  const run: Programs['run'] = (name, args, environment = {}) =>
    runOther([...PROGRAMS[name], ...args], environment);
  return {
    wire,
    metadataHost,
    run,
    runOther,
    both: async (args, environment) => {
      const [node, shell] = await Promise.all(
        NAMES.map(async (name) => {
          const outcome = await run(name, args, environment);
          return { ...outcome, stderr: outcome.stderr.replace(`${name}: `, '') };
        }),
      );
      assert.ok(node);
      assert.deepEqual(shell, node);
      return node;
    },
    close: async () => {
      await machine.close();
      await wire.close();
    },
  };
}
