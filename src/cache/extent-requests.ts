// Requests parts of a known version from S3 under the caller's session.
import { createCancellation, untilCancelled } from '../runtime/cancellation.ts';
import type { AbortableCancellation } from '../runtime/cancellation.ts';
import { isS3Error } from '../s3/read.ts';
import { recordConfirmation, recordError } from './cached-request.ts';
import type { CachedRequest, Outcome } from './cached-request.ts';
import { preconditionFailed } from './cached-response.ts';
import { createFlight } from './flight.ts';
import type { Flight, ObjectVersion } from './object-version.ts';
import { isSameVersion } from './object-version.ts';
import { missingFooter } from './parquet-footer.ts';
import { responseFacts } from './response-facts.ts';
import type { Extent } from './wanted-read.ts';

/** Requests blocks; S3's response confirms the version again. */
export function startFlight(request: CachedRequest, version: ObjectVersion, extent: Extent): Flight {
  const cancellation = createCancellation();
  const flight = flightFor(request, version, { extent, cancellation });
  requestExtent(request, version, { extent, cancellation }).then(
    (outcome) => {
      if (isS3Error(outcome)) flight.fail({ s3: outcome });
      else flight.begin(outcome);
    },
    (error: unknown) => {
      flight.fail({ error: error instanceof Error ? error : new Error(String(error)) });
    },
  );
  return flight;
}

interface ExtentRequest {
  readonly extent: Extent;
  readonly cancellation: AbortableCancellation;
}

/** Returns a flight for a request to S3. The calling code sends this request, or has already sent it. */
export function flightFor(
  request: CachedRequest,
  version: ObjectVersion,
  { extent, cancellation }: ExtentRequest,
): Flight {
  const { blocks, counts } = request.store;
  const { counters } = request.options;
  if (counters !== undefined) counters.flights += 1;
  return createFlight({
    blocks,
    version,
    from: extent.from,
    to: extent.to,
    cancellation,
    onBytes: (count) => {
      counts.s3Bytes += count;
    },
    onLastBlock: () => {
      prefetchFooter(request, version);
    },
    onEnd: () => {
      if (counters === undefined) return;
      counters.flights -= 1;
      if (counters.flights === 0) counters.onFlightsEnd?.();
    },
  });
}

/**
 * Fetches a Parquet file's footer, which the file's reader will request next. Does nothing if the caller has an egress budget,
 * because only bytes that the caller requests may count toward that budget.
 */
function prefetchFooter(request: CachedRequest, version: ObjectVersion): void {
  const { blocks } = request.store;
  if (request.options.allowance !== undefined) return;
  const extent = missingFooter(blocks, version);
  if (extent !== undefined) startFlight(request, version, extent).want(blocks.indexAt(extent.to - 1));
}

/** Reads bytes without storing them, because there is no memory for blocks. */
export async function readDirectly(
  request: CachedRequest,
  version: ObjectVersion,
  extent: Extent,
): Promise<Outcome> {
  const cancellation = createCancellation();
  request.options.cancellation.add(cancellation.abort);
  const outcome = await untilCancelled(
    requestExtent(request, version, { extent, cancellation }),
    request.options.cancellation,
  );
  if (!isS3Error(outcome)) request.store.counts.s3Bytes += extent.to - extent.from;
  return outcome;
}

/** @returns an S3 error with status 412 if the response is not exactly this part of this version */
async function requestExtent(
  request: CachedRequest,
  version: ObjectVersion,
  { extent, cancellation }: ExtentRequest,
): Promise<Outcome> {
  const asked = request.store.confirmations.ask();
  const { from, to } = extent;
  const outcome = await request.send({
    method: 'GET',
    headers: ['range', `bytes=${from}-${to - 1}`, 'if-match', version.etag],
    wantsChecksums: false,
    cancellation,
  });
  if (isS3Error(outcome)) {
    recordError(request, asked, outcome);
    return outcome;
  }
  const received = responseFacts(outcome);
  const isExpected =
    outcome.status === 206 &&
    received?.from === from &&
    received.to === to &&
    isSameVersion(received.facts, version);
  if (!isExpected) {
    outcome.abort();
    return preconditionFailed('If-Match', false);
  }
  recordConfirmation(request, { version, asked, coversBytes: true, own: received.own });
  return outcome;
}
