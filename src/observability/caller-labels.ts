// Limits the number of different callers that metrics and reports name, because every caller takes memory in the bridge and in
// Prometheus.

const MAX_CALLERS = 1_000;

/** The name for all callers after the first 1,000. No email and no subject has this form. */
export const OTHER_CALLERS = 'other';

/** @returns a function that returns the caller itself for the first 1,000 callers since the start of the process, then `other` */
export function callerLabels(max = MAX_CALLERS): (caller: string) => string {
  const known = new Set<string>();
  return (caller) => {
    if (known.has(caller)) return caller;
    if (known.size >= max) return OTHER_CALLERS;
    known.add(caller);
    return caller;
  };
}
