// The page that a browser gets at the bridge's `/`. The page describes the bridge and shows how to read through it. Every other
// request for `/` is a ListBuckets request.
import type { Config } from '../config/types.ts';
import type { RequestContext } from '../observability/request-context.ts';
import { prefersHtml } from './responses/accept.ts';
import { escapeXml } from './responses/document.ts';

/** @returns whether this function has sent the response; if not, a different route must handle the request */
export type Front = (context: RequestContext) => boolean;

/** The response headers. The content security policy allows nothing, because the page has no scripts, styles or images. */
const HEADERS = [
  'content-type',
  'text/html; charset=utf-8',
  'content-security-policy',
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options',
  'nosniff',
  'referrer-policy',
  'no-referrer',
  'cache-control',
  'no-store',
];

/**
 * Responds only to requests from browsers: requests for `/` that prefer HTML and contain neither credentials nor parameters.
 */
export function landingFront({ audiences, cors }: Pick<Config, 'audiences' | 'cors'>): Front {
  const page = Buffer.from(landingPage(audiences));
  const headers = [...HEADERS, 'vary', cors === undefined ? 'Accept' : 'Accept, Origin'];
  return (context) => {
    const { request, response, requestId } = context;
    const { method, url } = request;
    if (url !== '/' || (method !== 'GET' && method !== 'HEAD')) return false;
    const { authorization, 'x-amz-security-token': sessionToken, accept = '' } = request.headers;
    if (authorization !== undefined || sessionToken !== undefined || !prefersHtml(accept)) return false;
    context.operation = 'landing';
    response.writeHead(200, [...headers, 'x-request-id', requestId, 'content-length', String(page.length)]);
    if (method === 'HEAD') response.end();
    else {
      context.documentBytes = page.length;
      response.end(page);
    }
    return true;
  };
}

function landingPage(audiences: readonly string[]): string {
  const [audience = ''] = audiences;
  const bridge = /^https?:\/\//.test(audience) ? audience.replace(/\/+$/, '') : 'https://BRIDGE';
  const token = [
    `TOKEN=$(curl -s -H 'Metadata-Flavor: Google' -G \\`,
    `  --data-urlencode ${quoted(`audience=${audience}`)} -d format=full \\`,
    `  http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity)`,
    `curl -H "Authorization: Bearer $TOKEN" ${quoted(`${bridge}/BUCKET/KEY`)}`,
  ].join('\n');
  const client = [
    `export AWS_ENDPOINT_URL_S3=${quoted(bridge)}`,
    `export AWS_ENDPOINT_URL_STS=${quoted(`${bridge}/-/sts`)}`,
  ].join('\n');
  const accepted = audiences.map((each) => `<li><code>${escapeXml(each)}</code></li>`).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Fedbridge</title>
</head>
<body>
<main>
<h1>Fedbridge</h1>
<p>This is a bridge to private S3 buckets. Workloads on Google Cloud read objects here with their Google identity. It is for programs; it shows no objects in a browser.</p>
<h2>Audience</h2>
<p>The identity token of a caller must have this audience${audiences.length > 1 ? ', or one of these' : ''}:</p>
<ul>${accepted}</ul>
<h2>Read an object</h2>
<p>On a Google Cloud machine:</p>
<pre>${escapeXml(token)}</pre>
<p>S3 clients and AWS SDKs send their requests here if these variables are set. They also need a token file and the name of a role; the guides for clients in the documentation show how to configure each client.</p>
<pre>${escapeXml(client)}</pre>
<h2>Routes</h2>
<ul>
<li><code>/-/whoami</code> shows your identity and your grants. It needs a token.</li>
<li><code>/-/explain?bucket=BUCKET&amp;key=KEY</code> shows why you may or may not read an object. It needs a token.</li>
<li><a href="/-/live"><code>/-/live</code></a> and <a href="/-/ready"><code>/-/ready</code></a> show whether the bridge is up and ready.</li>
<li><a href="/-/openapi.json"><code>/-/openapi.json</code></a> describes all routes for programs, as OpenAPI 3.1.</li>
</ul>
</main>
</body>
</html>
`;
}

/** Quotes a text for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
