// Reads which format a request prefers from its Accept header (RFC 9110, 12.5.1).

/** Whether the request prefers JSON. The Accept header must name JSON explicitly, because a wildcard accepts XML as well. */
export function prefersJson(accept: string): boolean {
  const qualities = mediaRanges(accept);
  const json = qualities.get('application/json') ?? 0;
  return json > 0 && json >= Math.max(qualityOf('application', qualities), qualityOf('text', qualities));
}

/**
 * Whether the request prefers HTML. The Accept header must name HTML explicitly, as browsers do. S3 clients send a wildcard or
 * no Accept header.
 */
export function prefersHtml(accept: string): boolean {
  const qualities = mediaRanges(accept);
  const html = qualities.get('text/html') ?? 0;
  const others = ['application/json', 'application/xml', 'text/xml'].map((type) => qualities.get(type) ?? 0);
  return html > 0 && html >= Math.max(...others);
}

/** Returns the quality value for XML, taken from the most specific matching range (RFC 9110, 12.5.1). */
function qualityOf(type: string, qualities: ReadonlyMap<string, number>): number {
  return qualities.get(`${type}/xml`) ?? qualities.get(`${type}/*`) ?? qualities.get('*/*') ?? 0;
}

function mediaRanges(accept: string): ReadonlyMap<string, number> {
  return new Map(
    accept.split(',').map((range) => {
      const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      // An invalid quality value counts as 1.
      return [name, quality !== undefined && /^[01](?:\.\d{0,3})?$/.test(quality) ? Number(quality) : 1];
    }),
  );
}
