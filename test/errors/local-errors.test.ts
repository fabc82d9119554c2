// An exception that the bridge itself throws before it sends a request is not reported as an unreachable upstream.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stsRefusal } from '../../src/federation/sts-refusal.ts';

const errorWith = (fields: object): Error => Object.assign(new Error('a message with a secret'), fields);

describe('an error in the STS client', () => {
  for (const [what, error] of [
    [
      'because of a missing home directory',
      errorWith({ code: 'ERR_SYSTEM_ERROR', syscall: 'uv_os_homedir' }),
    ],
    ['because of an unreadable file', errorWith({ code: 'EACCES', syscall: 'open', path: '/etc/x' })],
    ['because of an invalid argument', errorWith({ code: 'ERR_INVALID_ARG_TYPE' })],
    ['because of a bug in the program', new TypeError('a message with a secret')],
  ] as const)
    it(`${what} gets the code "internal", and its message is not shown`, () => {
      const { code, detail } = stsRefusal(error, { roleArn: 'arn:aws:iam::123456789012:role/lake' });
      assert.equal(code, 'internal');
      assert.equal(detail['roleArn'], 'arn:aws:iam::123456789012:role/lake');
      assert.match(String(detail['error']), /^(?:Type)?Error\n {4}at /);
      assert.doesNotMatch(JSON.stringify(detail), /secret/);
    });

  for (const [what, error] of [
    ['because of a refused connection', errorWith({ code: 'ECONNREFUSED', syscall: 'connect' })],
    ['because of a name that does not resolve', errorWith({ code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
    ['because of a certificate for another name', errorWith({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })],
    [
      'because of a failed fetch',
      new TypeError('fetch failed', { cause: errorWith({ code: 'ECONNREFUSED' }) }),
    ],
    ['of an unknown type', new Error('of a library')],
  ] as const)
    it(`${what} gets the code sts_unreachable`, () => {
      assert.equal(stsRefusal(error, {}).code, 'sts_unreachable');
    });
});
