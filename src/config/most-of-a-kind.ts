// Leaves out what has been said often enough: a text of another language is wrong in hundreds of places, and for one reason.

const MOST_OF_A_KIND = 5;

/** The first faults of each kind, in order. */
export function firstOfEachKind<F extends { readonly code: string }>(faults: readonly F[]): readonly F[] {
  const counts = new Map<string, number>();
  return faults.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return count <= MOST_OF_A_KIND;
  });
}
