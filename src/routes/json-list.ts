// A page of a list as JSON, with stable names (README, "Routes").
import type { ServerResponse } from 'node:http';
import type { ListPage } from '../s3/list-page.ts';
import type { ObjectRead } from '../s3/operation.ts';

/** @returns the bytes of the body */
export function answerJsonList(
  response: ServerResponse,
  list: ObjectRead,
  page: ListPage,
  requestId: string,
): number {
  const { bucket, subject: prefix } = list;
  const body = Buffer.from(JSON.stringify({ bucket, prefix, ...page }));
  const headers = [
    'x-request-id',
    requestId,
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
  ];
  response.writeHead(200, headers).end(body);
  return body.length;
}
