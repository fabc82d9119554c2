// Raw requests that contain a token in the wrong position, such as the URL or a `Referer` header.

/** @returns requests with complete headers, each with a description of where it contains the token */
export function tokenInOddPlaces(token: string): readonly (readonly [where: string, bytes: string])[] {
  const get = (target: string, ...headers: readonly string[]): string =>
    [`GET ${target} HTTP/1.1`, 'Host: bridge', ...headers, 'Connection: close', '', ''].join('\r\n');
  const good = `Authorization: Bearer ${token}`;
  const escaped = token.replaceAll('.', '%2E');
  const targets = [
    `/${token}`,
    `/acme-lake/${token}`,
    `/acme-lake/a/${token}/b`,
    `/acme-lake/${escaped}`,
    `/acme-lake/${token.replaceAll('.', '%2e')}/x`,
    `/-/${token}`,
    `/-/${escaped}`,
    `/-/object/${token}`,
    `/-/object?bucket=acme-lake&key=${token}`,
    `/-/object?bucket=${token}&key=a`,
    `/-/objects?bucket=acme-lake&prefix=${escaped}`,
    `/-/objects?bucket=acme-lake&continue=${token}`,
    `/-/explain?action=${token}`,
    `/-/explain?bucket=acme-lake&key=${escaped}`,
    `/acme-lake?prefix=Bearer%20${token}&list-type=2`,
    `/acme-lake?${token}`,
    `/acme-lake/a?versionId=${token}`,
    `/acme-lake/a?x=${escaped}`,
    `/acme-lake/a?${token}=1`,
    `/acme-lake/a#${token}`,
    `/acme-lake/a?token=${token}`,
    `/acme-lake/a?Authorization=Bearer+${token}`,
    `/${token}@bridge/acme-lake/a`,
    `http://${token}@bridge/acme-lake/a`,
    `http://x:${token}@bridge/`,
    `//${token}/x`,
    `*${token}`,
    `/acme-lake/%zz${token}`,
  ];
  const headers = [
    `Cookie: token=${token}`,
    `Referer: https://x.example/?token=${token}`,
    `User-Agent: ${token}`,
    `X-Request-Id: ${token}`,
    `traceparent: ${token}`,
    `X-Cloud-Trace-Context: ${token}/1;o=1`,
    `Origin: https://${token}`,
    `Accept: ${token}`,
    `X-Forwarded-For: ${token}`,
    `X-Forwarded-Host: ${token}`,
    `Forwarded: for=${token}`,
    `X-Serverless-Authorization: Bearer ${token}`,
    `Authorization: ${token}`,
    `Authorization: Bearer ${token} ${token}`,
    `Authorization: Bearer Bearer ${token}`,
    `Authorization: Basic ${btoa(`x:${token}`)}`,
    `Authorization: AWS4-HMAC-SHA256 Credential=${token}`,
    `Proxy-Authorization: ${token}`,
    `Range: bytes=${token}`,
    `If-Match: "${token}"`,
    `If-Range: ${token}`,
    `x-amz-object-attributes: ${token}`,
    `x-amz-meta-a: ${token}`,
    `Expect: ${token}`,
    `Transfer-Encoding: ${token}`,
    `Content-Length: ${token}`,
    `Upgrade: ${token}`,
    `${token}: x`,
    `Host: ${token}`,
    `X-Amz-Security-Token: ${token}, ${token}`,
    `Authorization: Bearer ${token}\r\nX-Amz-Security-Token: other`,
  ];
  return [
    ...targets.flatMap((target) => [
      [`the target ${target.slice(0, 12)}`, get(target)] as const,
      [`the target ${target.slice(0, 12)}, authorized`, get(target, good)] as const,
    ]),
    ...headers.map((header) => [`the header ${header.slice(0, 20)}`, get('/acme-lake/a', header)] as const),
    ...headers
      .filter((header) => !/^(?:authorization|x-amz-security)/i.test(header))
      .map(
        (header) =>
          [`the header ${header.slice(0, 20)}, authorized`, get('/acme-lake/a', good, header)] as const,
      ),
    ['the method', `${token} /acme-lake/a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n`],
    ['the version', `GET /acme-lake/a ${token}\r\nHost: b\r\n\r\n`],
    ['the entire request', `${token}\r\n\r\n`],
    [
      'a body',
      `POST /acme-lake/a HTTP/1.1\r\nHost: b\r\nConnection: close\r\nContent-Length: ${token.length}\r\n\r\n${token}`,
    ],
    [
      'a trailer',
      `POST /a HTTP/1.1\r\nHost: b\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: ${token}\r\n\r\n`,
    ],
  ];
}
