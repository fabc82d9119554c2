// The drawing: authenticate, authorize, federate, read, answer, in that order, for every request on a data path.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { authorize } from '../auth/authorize.ts';
import type { Permit } from '../auth/authorize.ts';
import type { Caller } from '../auth/caller.ts';
import type { Access } from '../auth/grants.ts';
import { presentationOf } from '../auth/presented-token.ts';
import type { Bucket } from '../config/types.ts';
import type { DeferWrite } from '../runtime/deferred-writes.ts';
import { asFault, Fault } from '../errors/fault.ts';
import { createCancellation } from '../http1/cancellation.ts';
import type { Cancellation } from '../http1/cancellation.ts';
import { readListPage } from '../s3/list-page.ts';
import { readOperation } from '../s3/read-operation.ts';
import type { BucketOperation, Operation } from '../s3/operation.ts';
import { isS3Error } from '../s3/read.ts';
import type { Read, ReadSession } from '../s3/read.ts';
import type { SigningCredentials } from '../s3/signature.ts';
import { mark } from '../observability/access-log.ts';
import type { AccessRecord } from '../observability/access-log.ts';
import type { Admission } from '../server/admission.ts';
import { sendBucketResponse } from './responses/bucket.ts';
import { sendFault, faultResponse } from './responses/fault.ts';
import { sendJsonList } from './json-list.ts';
import { closed, abort, sendObject } from './responses/object.ts';
import { sendS3Error } from './responses/s3-error.ts';
import { forwardedHeaders } from './request-headers.ts';
import { sendSyntheticList, syntheticPrefixes } from './synthetic-list.ts';

/** A role's session for one permit, with credentials in it. */
export interface FederatedSession extends ReadSession<SigningCredentials> {
  readonly sessionName: string;
}

/** The steps, as `bridge.ts` joins them. */
export interface Steps {
  /** @throws Fault token_…, signing_keys_unavailable */
  authenticate(request: IncomingMessage): Caller | Promise<Caller>;
  /** By bucket name. @throws Fault caller_is_bridge */
  accessOf(caller: Caller): ReadonlyMap<string, Access>;
  /** @throws Fault metadata_…, sts_… */
  federate(permit: Permit, caller: Caller): FederatedSession | Promise<FederatedSession>;
  readonly read: Read;
  regionOf(bucket: Bucket): string;
  readonly admission: Admission;
  readonly startedAt: Date;
  readonly chunkAbove: number;
  readonly atEndOfTurn: DeferWrite;
}

export type DataRoute = (
  request: IncomingMessage,
  response: ServerResponse,
  record: AccessRecord,
) => Promise<void>;

/** @returns a route that answers every fault itself and never rejects; it resolves when the answer is sent or cut */
export function dataRoute(steps: Steps): DataRoute {
  return async (request, response, record) => {
    // Before anything is awaited: whoever leaves while it waits must not leave an S3 read behind.
    const cancellation = departureOf(response);
    try {
      const operation = readOperation(request.method, request.url ?? '');
      record.operation = operation.name;
      record.bucket = operation.bucket;
      steps.admission.enter();
      try {
        await serve(steps, operation, request, response, record, cancellation);
      } finally {
        steps.admission.leave();
      }
    } catch (error) {
      answerOrCut(request, response, record, error);
    }
  };
}

async function serve(
  steps: Steps,
  operation: Operation,
  request: IncomingMessage,
  response: ServerResponse,
  record: AccessRecord,
  cancellation: Cancellation,
): Promise<void> {
  const authenticated = steps.authenticate(request);
  const caller = authenticated instanceof Promise ? await authenticated : authenticated;
  mark(record, 'tokenMs');
  record.caller = caller;
  steps.admission.enterAs(caller.subject);
  let holdsPage = false;
  try {
    const access = steps.accessOf(caller);
    if (isQuestion(operation)) {
      const { requestId } = record;
      const { regionOf, startedAt } = steps;
      record.bytes = sendBucketResponse(response, operation, bucketsFor(operation, access), {
        requestId,
        regionOf,
        startedAt,
      });
      await closed(response);
      return;
    }
    record[operation.kind === 'list' ? 'prefix' : 'key'] = operation.subject;
    if (operation.form === 'json') {
      steps.admission.pages.enter(caller.subject);
      holdsPage = true;
    }
    const walked = syntheticPrefixes(access.get(operation.bucket), operation);
    if (walked !== undefined) {
      await sendSyntheticList(response, operation, walked, record);
      return;
    }
    const permit = authorize(access, operation);
    record.role = permit.bucket.role.name;
    const federated = steps.federate(permit, caller);
    const session = federated instanceof Promise ? await federated : federated;
    mark(record, 'stsMs');
    record.sessionName = session.sessionName;
    const outcome = await steps.read(permit.bucket, operation, session, {
      ...forwardedHeaders(request),
      cancellation,
      caller: caller.subject,
      requestId: record.requestId,
      counters: record,
    });
    mark(record, 's3FirstByteMs');
    if (isS3Error(outcome)) sendS3Error(request, response, record, outcome);
    else if (operation.form === 'json')
      await sendJsonList(response, operation, await readListPage(outcome), record);
    else await sendObject(request, response, outcome, record, steps);
  } finally {
    if (holdsPage) steps.admission.pages.leave(caller.subject);
    steps.admission.leaveAs(caller.subject);
  }
}

const isQuestion = (operation: Operation): operation is BucketOperation =>
  operation.kind !== 'object' && operation.kind !== 'list';

/** @throws Fault not_granted for a bucket in which the caller may do nothing, whether it exists or not */
function bucketsFor(question: BucketOperation, access: ReadonlyMap<string, Access>): Bucket[] {
  if (question.kind === 'buckets') return [...access.values()].map(({ bucket }) => bucket);
  const own = access.get(question.bucket);
  if (own === undefined) throw new Fault('not_granted');
  return [own.bucket];
}

/** A caller that goes away ends the request at S3; what others wait for, as a role's session, goes on. */
function departureOf(response: ServerResponse): Cancellation {
  const cancellation = createCancellation();
  response.on('close', () => {
    if (!response.writableFinished) cancellation.abort();
  });
  return cancellation;
}

function answerOrCut(
  request: IncomingMessage,
  response: ServerResponse,
  record: AccessRecord,
  error: unknown,
): void {
  // What failed only because the caller left is no fault.
  if (response.destroyed && !(error instanceof Fault)) return;
  record.fault = asFault(error);
  if (response.destroyed) return;
  if (response.headersSent) {
    record.abortedBy = 'bridge';
    abort(request, response);
    return;
  }
  const told = faultResponse(record.fault, record.requestId, presentationOf(request) === 's3');
  record.bytes = sendFault(request, response, record.requestId, told);
}
