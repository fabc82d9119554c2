// Examines several things at a time, and tells what was found in the order in which they were given.
import type { Examination, Examined } from './examination.ts';

/** So many that a supplier which hangs costs a large configuration little more than a small one, and STS throttles nobody. */
const AT_ONCE = 16;

/** What an item's examination yields comes as soon as it and all before it are done. */
export async function* inOrder<Item>(items: readonly Item[], examine: (item: Item) => Examined): Examined {
  const done = items.map(() => Promise.withResolvers<readonly Examination[]>());
  const queue = items.entries();
  const work = async (): Promise<void> => {
    // Shared by all who work: each takes what nobody has taken yet.
    for (const [position, item] of queue) {
      const found = Array.fromAsync(examine(item));
      done[position]?.resolve(found);
      await found.catch(() => undefined);
    }
  };
  for (let worker = 0; worker < AT_ONCE; worker += 1) void work();
  // A failure is met below, when its turn comes.
  for (const { promise } of done) promise.catch(() => undefined);
  for (const { promise } of done) yield* await promise;
}
