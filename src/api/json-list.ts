// Answers with a page of a list as JSON, with stable names (README, "Routes").
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ListPage } from '../s3/list-page.ts';
import type { ObjectRead } from '../s3/operation.ts';
import type { AccessRecord } from '../observability/access-log.ts';
import { sendDocument } from './responses/document.ts';
import { closed } from './responses/object.ts';

/** Entries of which one turn of the event loop makes the JSON. */
const SLICE = 200;

/** Resolves when the caller has taken it, or has left. */
export async function sendJsonList(
  response: ServerResponse,
  list: ObjectRead,
  page: ListPage,
  record: AccessRecord,
): Promise<void> {
  const pieces = await jsonPieces(list, page);
  // Meanwhile the caller may have left.
  if (response.destroyed) return;
  record.bytes = sendDocument(response, record.requestId, 'application/json', pieces);
  await closed(response);
}

async function jsonPieces({ bucket, subject: prefix }: ObjectRead, page: ListPage): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  const addAll = async (entries: readonly unknown[]): Promise<void> => {
    for (let from = 0; from < entries.length; from += SLICE) {
      if (from > 0) await nextTurn();
      const slice = Buffer.from(JSON.stringify(entries.slice(from, from + SLICE)));
      // Its brackets are not part of the list; in place of the first one stands the comma after the slice before.
      slice.write(',');
      pieces.push(slice.subarray(from > 0 ? 0 : 1, -1));
    }
  };
  pieces.push(Buffer.from(`${JSON.stringify({ bucket, prefix }).slice(0, -1)},"objects":[`));
  await addAll(page.objects);
  pieces.push(Buffer.from('],"prefixes":['));
  await addAll(page.prefixes);
  pieces.push(Buffer.from(`],"next":${JSON.stringify(page.next)}}`));
  return pieces;
}
