// Serves the control API: JSON requests and responses over HTTP.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BadField, fieldsOf } from './fields.ts';
import { controlRoutes, type ControlParts } from './routes.ts';

const MAX_BODY_BYTES = 262_144;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const NOT_JSON = {
  error: '"content-type" must be application/json; send that header',
  field: 'content-type',
  rule: 'must be application/json',
  remedy: 'send that header',
};

export function createControl(
  parts: ControlParts,
): (request: IncomingMessage, response: ServerResponse) => void {
  const routes = controlRoutes(parts);

  async function respond(request: IncomingMessage): Promise<{ status: number; value: unknown }> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const route = routes[`${request.method ?? 'GET'} ${path}`];
    if (!route) {
      return {
        status: 404,
        value: { error: `There is no route ${request.method ?? ''} ${path}`, routes: Object.keys(routes) },
      };
    }
    try {
      const takesBody = request.method === 'PUT' || request.method === 'POST';
      // Requires JSON, because a web page on a different site can send other content types without a preflight request.
      if (takesBody && !JSON_TYPE.test(request.headers['content-type'] ?? ''))
        return { status: 415, value: NOT_JSON };
      const text = await bodyText(request);
      return { status: 200, value: await route(takesBody ? fieldsOf(text) : {}) };
    } catch (error) {
      if (error instanceof BadField) {
        const { message, field, rule, remedy } = error;
        return { status: 400, value: { error: message, field, rule, remedy } };
      }
      return { status: 400, value: { error: error instanceof Error ? error.message : String(error) } };
    }
  }

  return (request, response) => {
    respond(request)
      .then(({ status, value }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify(value, null, 2)}\n`);
      })
      .catch(() => response.destroy());
  };
}

async function bodyText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES)
      throw new BadField('body', `must be at most ${MAX_BODY_BYTES} bytes`, 'send less');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
