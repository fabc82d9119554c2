// `npm run oracle -- [--operations N] [--seed S]`: runs the cache's oracle test for longer than the slow tests do.
import { parseArgs } from 'node:util';
import { runOracle } from './oracle/oracle.ts';
import { seededRandom } from '../support/random.ts';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const [operations, seed] = [Number(values.operations), Number(values.seed)];
/** Each part has its own objects, memory and settings, so that a failure can be reproduced quickly. */
const PART = 5_000;

for (let done = 0, part = 0; done < operations; done += PART, part += 1) {
  const random = seededRandom(seed + part);
  const options = {
    operations: Math.min(PART, operations - done),
    seed: seed + part,
    freshForMs: random.pick([0, 0, 10, 50]),
    evictions: random.pick([0, 0.1, 0.5, 1]),
    faults: random.pick([0, 0.01, 0.05]),
  };
  try {
    const report = await runOracle(options);
    process.stdout.write(`${JSON.stringify({ ...options, ...report })}\n`);
  } catch (error) {
    process.stdout.write(`failed with ${JSON.stringify(options)}\n`);
    throw error;
  }
}
