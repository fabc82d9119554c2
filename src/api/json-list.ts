// Sends one page of a list as JSON. The field names are stable (docs/reference/http-api.md, "Routes").
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RequestContext } from '../observability/request-context.ts';
import type { ListPage } from '../s3/list-page.ts';
import type { ObjectRead } from '../s3/operation.ts';
import { sendDocument } from './responses/document.ts';
import { responseClosed } from './responses/object.ts';

/** The number of entries to serialize in one turn of the event loop. */
const SLICE = 200;

/** Sends the page, and resolves when the caller has received it or has disconnected. */
export async function sendJsonList(context: RequestContext, list: ObjectRead, page: ListPage): Promise<void> {
  const pieces = await jsonPieces(list, page);
  // Sends nothing if the caller has disconnected while the page was being serialized.
  if (context.response.destroyed) return;
  sendDocument(context, 'application/json', pieces);
  await responseClosed(context.response);
}

async function jsonPieces({ bucket, subject: prefix }: ObjectRead, page: ListPage): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  const addAll = async (entries: readonly unknown[]): Promise<void> => {
    for (let from = 0; from < entries.length; from += SLICE) {
      if (from > 0) await nextTurn();
      const slice = Buffer.from(JSON.stringify(entries.slice(from, from + SLICE)));
      // Removes the brackets around the slice. In every slice except the first, a comma replaces the opening bracket.
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
