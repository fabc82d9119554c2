// Stands between a request and the passing faults of S3: retries before an answer, resumes amid a body, one budget for both.
import type { Read } from '../read.ts';
import { withResume } from './resume.ts';
import { retryBudget } from './retry-budget.ts';
import { withRetry } from './retry.ts';

/** SDKs are patient for longer, and come again by themselves. */
const RETRY_MS = 5_000;

/**
 * @param options.stallMs the longest that S3 may send nothing: no retry begins after it either
 * @param options.onRepeat told whenever S3 is asked again, with the reason
 */
export function retryingRead(
  read: Read,
  options: { readonly stallMs: number; readonly onRepeat: (reason: string) => void },
): Read {
  const { stallMs, onRepeat } = options;
  const budget = retryBudget();
  const deadlineMs = Math.min(RETRY_MS, stallMs);
  const retrying = withRetry(read, { budget, deadlineMs, onRetry: onRepeat });
  const resuming = withResume(retrying, { budget, onResume: onRepeat });
  return (bucket, operation, session, extras) => {
    budget.earn();
    return resuming(bucket, operation, session, extras);
  };
}
