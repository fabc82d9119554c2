// The real program with its own authorisation taken out, as if a bug of ours permitted everything: what it then reads is for AWS
// alone to refuse.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from './bridge-process.ts';

export interface ProgramWithoutAuthorisation extends Program {
  remove(): Promise<void>;
}

const PROJECT = new URL('../../', import.meta.url).pathname;

/** Whatever is asked for, in whatever bucket: permitted, in the name of what the caller was really granted. */
const PERMITS_ALL = `
export * from './real-authorize.ts';
export function authorize(access, { bucket }) {
  const own = access.get(bucket) ?? [...access.values()][0];
  return { bucket: own.bucket, decided: own.grants, grants: own.grants };
}
`;

/** Where the route reads what was permitted, it reads what was asked for. */
const [READS_PERMITTED, READS_ASKED] = [
  'steps.read(permit.bucket, operation,',
  'steps.read({ ...permit.bucket, target: operation.bucket }, operation,',
] as const;

/** @returns a copy of the sources, changed in these two places and run like the program itself */
export async function withoutAuthorisation(): Promise<ProgramWithoutAuthorisation> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-permits-all-'));
  const source = (name: string): string => join(directory, 'src', name);
  await cp(join(PROJECT, 'src'), join(directory, 'src'), { recursive: true });
  await cp(join(PROJECT, 'package.json'), join(directory, 'package.json'));
  await symlink(join(PROJECT, 'node_modules'), join(directory, 'node_modules'));
  await rename(source('auth/authorize.ts'), source('auth/real-authorize.ts'));
  await writeFile(source('auth/authorize.ts'), PERMITS_ALL);
  const route = await readFile(source('api/read-handler.ts'), 'utf8');
  assert.ok(route.includes(READS_PERMITTED), 'the place to change is not there any more');
  await writeFile(source('api/read-handler.ts'), route.replace(READS_PERMITTED, READS_ASKED));
  return {
    command: [process.execPath, source('main.ts'), 'serve'],
    options: {},
    remove: () => rm(directory, { recursive: true }),
  };
}
