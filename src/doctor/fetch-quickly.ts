// Fetches what any server answers at once, for questions that are not worth a wait.

const DEADLINE_MS = 3_000;

/** Follows no redirect: the answer is of whoever was asked. Reading the body counts to the time. */
export const fetchQuickly = (url: string): Promise<Response> =>
  fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS) });

/** Node's fetch says what happened in the cause of its TypeError. */
export function fetchErrorCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : typeof error;
}
