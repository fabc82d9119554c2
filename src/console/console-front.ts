// Responds to requests to the console that read nothing from S3: requests for the page, for its files, and for everything that
// the console does not serve.
import type { Front } from '../api/landing-page.ts';
import { faultResponse, sendFault } from '../api/responses/fault.ts';
import { Fault } from '../errors/fault.ts';
import type { RequestContext } from '../observability/request-context.ts';
import { ACTIVITY_PATH } from './activity-route.ts';
import type { Asset, Assets, ContentCoding } from './assets.ts';

/**
 * The content security policy. Nothing may come from another origin, and no script or style from the page's own markup. The
 * last four directives have no fallback to `default-src`, or are stricter than it (Content Security Policy Level 3).
 */
const POLICY =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = [
  ['content-security-policy', POLICY],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  // IAP identifies people by a cookie, so their requests have no Authorization header. Without `no-store`, shared caches might
  // store the responses.
  ['cache-control', 'no-store'],
] as const;

/** The paths of the platform's probes. */
const PROBES = new Set(['/-/live', '/-/ready']);

/** The routes from which the page gets its data. The routes that return credentials are not among them. */
const DATA_ROUTES = new Set([
  '/-/whoami',
  '/-/explain',
  '/-/objects',
  '/-/object',
  '/-/egress',
  ACTIVITY_PATH,
]);

/** @param respondToActivity sends the data for the page for operators; its promise never rejects */
export function consoleFront(
  assets: Assets,
  respondToActivity: (context: RequestContext) => Promise<void>,
): Front {
  return (context) => {
    const { request, response } = context;
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (PROBES.has(path)) return false;
    if (DATA_ROUTES.has(path)) {
      // Browsers set this header, and web pages cannot change it (Fetch Metadata Request Headers). Without the check, another
      // website could make a person's browser read objects unnoticed, and these would count as the person's reads. A website
      // can still open the page.
      if (request.headers['sec-fetch-site'] !== 'same-origin')
        return reject(context, new Fault('not_own_page'));
      if (path !== ACTIVITY_PATH) return false;
      void respondToActivity(context);
      return true;
    }
    const asset = assets.get(path);
    if (asset === undefined) return reject(context, new Fault('route_unknown'));
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return reject(context, new Fault('method_not_allowed', { method: request.method }));
    context.operation = asset.isImmutable ? 'asset' : 'page';
    sendAsset(context, asset);
    return true;
  };
}

function reject(context: RequestContext, fault: Fault): true {
  context.fault = fault;
  sendFault(context, faultResponse(fault, context.requestId, 'bearer'));
  return true;
}

function sendAsset(context: RequestContext, { contentType, isImmutable, bodies }: Asset): void {
  const { request, response, requestId } = context;
  const coding = preferredCoding(request.headers['accept-encoding']);
  const body = bodies.get(coding) ?? Buffer.alloc(0);
  response.writeHead(200, [
    'x-request-id',
    requestId,
    'content-type',
    contentType,
    'cache-control',
    isImmutable ? 'private, max-age=31536000, immutable' : 'no-store',
    'vary',
    'Accept-Encoding',
    ...(coding === 'identity' ? [] : ['content-encoding', coding]),
    'content-length',
    String(body.length),
  ]);
  if (request.method === 'HEAD') response.end();
  else {
    response.end(body);
    context.documentBytes = body.length;
  }
}

/**
 * Returns the best coding that the browser accepts. Ignores quality values other than 0, because every browser that accepts
 * Brotli prefers Brotli.
 */
function preferredCoding(accepted: string | string[] = ''): ContentCoding {
  const codings = String(accepted)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => !/;\s*q=0(?:\.0*)?$/.test(coding))
    .map((coding) => coding.replace(/;.*/, '').trim());
  return (['br', 'gzip'] as const).find((coding) => codings.includes(coding)) ?? 'identity';
}
