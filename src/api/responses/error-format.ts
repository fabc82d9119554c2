// Chooses the format of an error document: S3's XML, JSON, STS's XML, or a problem document on control paths.
import { isSigned } from '../../auth/presented-token.ts';
import type { CallerRequest } from '../../runtime/caller-exchange.ts';
import { prefersJson } from './accept.ts';

/**
 * The format of an error document. `container-problem` is a problem document with the members that the AWS SDKs read in errors
 * of a container credentials endpoint.
 */
export type ErrorFormat = 's3-xml' | 'json' | 'problem' | 'container-problem' | 'sts-xml';

/**
 * Chooses the format for a request. A signed request always gets XML, because it comes from an S3 client, and S3 ignores the
 * Accept header.
 */
export function errorFormatFor(request: Pick<CallerRequest, 'url' | 'headers'>): ErrorFormat {
  if (request.url?.startsWith('/-/') === true) return controlFormat(request.url);
  const { accept } = request.headers;
  if (accept === undefined || isSigned(request)) return 's3-xml';
  return prefersJson(accept) ? 'json' : 's3-xml';
}

/** Matches the path of the STS route. The AWS SDKs add a slash to an endpoint that does not end with a slash. */
const STS_PATH = /^\/-\/sts\/?(?:\?|$)/;

export const isStsPath = (url = ''): boolean => STS_PATH.test(url);

function controlFormat(url: string): ErrorFormat {
  if (isStsPath(url)) return 'sts-xml';
  return /^\/-\/credentials(?:\?|$)/.test(url) ? 'container-problem' : 'problem';
}
