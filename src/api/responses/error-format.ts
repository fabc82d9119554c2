// Chooses the format of an error document: S3's XML, JSON, STS's XML, or a problem document on control paths.
import { isSigned } from '../../auth/presented-token.ts';
import type { CallerRequest } from '../../runtime/caller-exchange.ts';

/** `container-problem` is a problem document with the members that the AWS SDKs read in container credentials errors. */
export type ErrorFormat = 's3-xml' | 'json' | 'problem' | 'container-problem' | 'sts-xml';

/** A signed request always gets XML, because S3 ignores the Accept header. */
export function errorFormatFor(request: Pick<CallerRequest, 'url' | 'headers'>): ErrorFormat {
  if (request.url?.startsWith('/-/') === true) return controlFormat(request.url);
  const { accept } = request.headers;
  if (accept === undefined || isSigned(request)) return 's3-xml';
  return prefersJson(accept) ? 'json' : 's3-xml';
}

/** The AWS SDKs add a slash to an endpoint that has none at its end. */
const STS_PATH = /^\/-\/sts\/?(?:\?|$)/;

export const isStsPath = (url = ''): boolean => STS_PATH.test(url);

function controlFormat(url: string): ErrorFormat {
  if (isStsPath(url)) return 'sts-xml';
  return /^\/-\/credentials(?:\?|$)/.test(url) ? 'container-problem' : 'problem';
}

/** JSON must be requested explicitly, because a wildcard accepts XML as well. */
function prefersJson(accept: string): boolean {
  const qualities = mediaRanges(accept);
  const json = qualities.get('application/json') ?? 0;
  return json > 0 && json >= Math.max(qualityOf('application', qualities), qualityOf('text', qualities));
}

/** The quality value for XML, taken from the most specific matching range (RFC 9110, 12.5.1). */
function qualityOf(type: string, qualities: ReadonlyMap<string, number>): number {
  return qualities.get(`${type}/xml`) ?? qualities.get(`${type}/*`) ?? qualities.get('*/*') ?? 0;
}

function mediaRanges(accept: string): ReadonlyMap<string, number> {
  return new Map(
    accept.split(',').map((range) => {
      const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      // An invalid quality value is ignored.
      return [name, quality !== undefined && /^[01](?:\.\d{0,3})?$/.test(quality) ? Number(quality) : 1];
    }),
  );
}
