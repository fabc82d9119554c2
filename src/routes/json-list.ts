// A page of a list as JSON, with stable names (README, "Routes").
import type { ServerResponse } from 'node:http';
import type { ListPage } from '../s3/list-page.ts';
import type { ObjectRead } from '../s3/operation.ts';
import { answerDocument } from './document-answer.ts';

/** @returns the bytes of the body */
export function answerJsonList(
  response: ServerResponse,
  list: ObjectRead,
  page: ListPage,
  requestId: string,
): number {
  const { bucket, subject: prefix } = list;
  const document = JSON.stringify({ bucket, prefix, ...page });
  return answerDocument(response, requestId, 'application/json', document);
}
