// Sends AssumeRoleWithWebIdentity to the bridge, over HTTP/1 or HTTP/2.
import { request } from './http-request.ts';
import type { Reply, RequestOptions } from './http-request.ts';
import { http2Request } from './http2-request.ts';

export const PROTOCOLS = { 'HTTP/1': request, 'HTTP/2': http2Request } as const;

type Parameters = Readonly<Record<string, string | undefined>>;

/** An arbitrary role, because the bridge returns the caller's own token for any role. */
export const ROLE_ARN = 'arn:aws:iam::000000000000:role/lake-reader';

/** @param changes parameters to add or replace; a parameter that is undefined is removed */
export function webIdentityForm(token: string, changes: Parameters = {}): string {
  const parameters: Parameters = {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: ROLE_ARN,
    RoleSessionName: 'client-chosen-name',
    WebIdentityToken: token,
    ...changes,
  };
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return new URLSearchParams(given).toString();
}

export const postForm = (
  send: (typeof PROTOCOLS)[keyof typeof PROTOCOLS],
  origin: string,
  { path = '/-/sts', headers = {}, body }: RequestOptions & { readonly path?: string },
): Promise<Reply> =>
  send(origin, path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    ...(body === undefined ? {} : { body }),
  });
