// Creates a copy of the bridge without authorization, to test that AWS denies reads outside a caller's grants even if the
// bridge does not.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from './bridge-process.ts';

export interface ProgramWithoutAuthorization extends Program {
  remove(): Promise<void>;
}

const PROJECT = new URL('../../', import.meta.url).pathname;

/** Replaces the bridge's `authorize`: permits every operation, but keeps the caller's real grants for the session policy. */
const PERMITS_ALL = `
export * from './real-authorize.ts';
export function authorize(access, { bucket }) {
  const own = access.get(bucket) ?? [...access.values()][0];
  return { bucket: own.bucket, decided: own.grants, grants: own.grants };
}
`;

/** Makes the handler read from the requested bucket instead of the permitted one. */
const [READS_PERMITTED, READS_ASKED] = [
  'steps.read(permit.bucket, operation,',
  'steps.read({ ...permit.bucket, target: operation.bucket }, operation,',
] as const;

/** @returns a program that runs the changed copy of the sources */
export async function withoutAuthorization(): Promise<ProgramWithoutAuthorization> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-permits-all-'));
  const source = (name: string): string => join(directory, 'src', name);
  await cp(join(PROJECT, 'src'), join(directory, 'src'), { recursive: true });
  await cp(join(PROJECT, 'package.json'), join(directory, 'package.json'));
  await symlink(join(PROJECT, 'node_modules'), join(directory, 'node_modules'));
  await rename(source('auth/authorize.ts'), source('auth/real-authorize.ts'));
  await writeFile(source('auth/authorize.ts'), PERMITS_ALL);
  const route = await readFile(source('api/read-handler.ts'), 'utf8');
  assert.ok(route.includes(READS_PERMITTED), 'the code to change still exists');
  await writeFile(source('api/read-handler.ts'), route.replace(READS_PERMITTED, READS_ASKED));
  return {
    command: [process.execPath, source('main.ts'), 'serve'],
    options: {},
    remove: () => rm(directory, { recursive: true }),
  };
}
