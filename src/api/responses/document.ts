// Sends a document that the bridge has generated itself as the response body.
import { countSent } from '../../observability/request-context.ts';
import type { RequestContext } from '../../observability/request-context.ts';

export const S3_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

/** Adds S3's XML declaration before the root element. */
export function xmlDocument(root: string): string {
  return `${XML_DECLARATION}\n${root}`;
}

/** @param document the response body: either one string or a list of pieces */
export function sendDocument(
  context: RequestContext,
  contentType: string,
  document: string | readonly Buffer[],
): void {
  const pieces = typeof document === 'string' ? [Buffer.from(document)] : document;
  const bytes = pieces.reduce((total, { length }) => total + length, 0);
  const { response, requestId } = context;
  const headers = ['x-request-id', requestId, 'content-type', contentType, 'content-length', String(bytes)];
  response.writeHead(200, headers);
  for (const piece of pieces) response.write(piece, countSent(context, piece.length));
  response.end();
}
