// `npm test`: runs the fast tests in a few processes, with many files in each process. Tests that need a separate process, or a
// lot of time or CPU, are in `*.slow.ts` (`npm run test:slow`).
import { spawn } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** One more process than there are processors keeps the processors busy while some tests wait. */
const PROCESSES = Math.min(availableParallelism() + 1, 8);

interface Result {
  readonly code: number | null;
  readonly output: string;
}

/** @returns groups of files with about the same total size */
function inGroups(files: readonly string[]): readonly (readonly string[])[] {
  const groups = Array.from({ length: PROCESSES }, () => ({ bytes: 0, files: new Array<string>() }));
  const sized = files.map((file) => ({ file, bytes: statSync(join(ROOT, file)).size }));
  for (const { file, bytes } of sized.sort((a, b) => b.bytes - a.bytes)) {
    const smallest = groups.reduce((least, group) => (group.bytes < least.bytes ? group : least));
    smallest.files.push(file);
    smallest.bytes += bytes;
  }
  return groups.map((group) => group.files.sort()).filter((group) => group.length > 0);
}

async function run(files: readonly string[]): Promise<Result> {
  const child = spawn(
    process.execPath,
    ['--test', '--test-isolation=none', '--test-timeout=600000', '--test-reporter=spec', ...files],
    {
      cwd: ROOT,
      env: { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/test'), ...process.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  const [code, output] = await Promise.all([promise, buffer(child.stdout)]);
  process.stdout.write(output);
  return { code, output: output.toString() };
}

const count = (results: readonly Result[], what: string): number =>
  results.reduce(
    (sum, { output }) => sum + Number(new RegExp(`^ℹ ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? 0),
    0,
  );

const patterns = process.argv.slice(2);
const files = globSync(patterns.length === 0 ? 'test/**/*.test.ts' : patterns, { cwd: ROOT }).sort();
const results = await Promise.all(inGroups(files).map(run));
process.stdout.write(
  `\n${files.length} files, ${results.length} processes: ${count(results, 'tests')} tests, ${count(results, 'pass')} passed, ` +
    `${count(results, 'fail')} failed, ${count(results, 'skipped')} skipped\n`,
);
process.exitCode = files.length > 0 && results.every(({ code }) => code === 0) ? 0 : 1;
