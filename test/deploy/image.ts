// Creates an image's files without Docker, by following the COPY and RUN instructions of the Dockerfile's build stage. A
// separate copy of Node runs these files.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { isSent, ROOT, STAGES, textsOf } from './dockerfile.ts';

const run = promisify(execFile);
const [buildStage, imageStage] = STAGES;

/** The numeric ID of the image's user, because a base image need not have a name for this user. */
export const USER_ID = Number(/^\d+/.exec(textsOf(imageStage, 'USER')[0] ?? '')?.[0]);

export interface ImageFiles {
  /** The directory that corresponds to / in the image. */
  readonly root: string;
  /** A copy of Node that an unprivileged user may run. */
  readonly node: string;
  /** The environment that the image sets, with paths below `root`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Returns the paths below `root`, each with a value that changes if the file is written. */
  state(): Readonly<Record<string, string>>;
  remove(): void;
}

/**
 * Creates a directory that any user may read. It is outside this project, so that Node does not find the project's
 * packages.
 */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-deploy-'));
  chmodSync(directory, 0o755);
  return directory;
}

export async function makeImageFiles(): Promise<ImageFiles> {
  const directory = makeDirectory();
  const [context, made, root] = [join(directory, 'build'), join(directory, 'made'), join(directory, 'image')];
  mkdirSync(context);
  for (const copied of textsOf(buildStage, 'COPY')) {
    const sources = copied.split(' ').slice(0, -1);
    for (const source of sources)
      cpSync(join(ROOT, source), join(context, source), {
        recursive: true,
        filter: (path) => isSent(relative(ROOT, path)),
      });
  }
  // Instead of running `npm ci`, links to this project's packages.
  symlinkSync(join(ROOT, 'node_modules'), join(context, 'node_modules'));
  const maker = buildStage?.instructions.find(({ words }) => words?.includes('/image') === true);
  const [, ...args] = maker?.words ?? [];
  await run(
    process.execPath,
    args.map((word) => (word === '/image' ? made : word)),
    { cwd: context },
  );
  rmSync(context, { recursive: true });
  // Moves the files to where the Dockerfile's last COPY puts them.
  renameSync(made, root);

  const node = join(directory, 'node');
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  setWritable(root, false);
  return {
    root,
    node,
    environment: environmentOf(root),
    state: () => stateOf(root),
    remove: () => {
      setWritable(root, true);
      rmSync(directory, { recursive: true });
    },
  };
}

function environmentOf(root: string): Record<string, string> {
  const pairs = textsOf(imageStage, 'ENV').flatMap((text) => text.split(' '));
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [name, value.replace(/^\/app\b/, join(root, 'app'))];
    }),
  );
}

const below = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => join(root, path));

function setWritable(root: string, writable: boolean): void {
  for (const path of [root, ...below(root)])
    if (statSync(path).isDirectory()) chmodSync(path, writable ? 0o755 : 0o555);
}

const stateOf = (root: string): Record<string, string> =>
  Object.fromEntries(
    below(root).map((path) => {
      const { size, mtimeMs, mode } = statSync(path);
      return [relative(root, path), `${size} ${mtimeMs} ${mode}`];
    }),
  );
