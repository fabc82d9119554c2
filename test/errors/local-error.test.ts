// An exception on this machine, before any request was sent, is not reported as an upstream that cannot be reached.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stsRefusal } from '../../src/federation/sts-refusal.ts';

const errorWith = (fields: object): Error => Object.assign(new Error('a message with a secret'), fields);

describe('an error of the STS client', () => {
  for (const [what, error] of [
    ['without a home directory', errorWith({ code: 'ERR_SYSTEM_ERROR', syscall: 'uv_os_homedir' })],
    ['of a file that cannot be read', errorWith({ code: 'EACCES', syscall: 'open', path: '/etc/x' })],
    ['of an argument', errorWith({ code: 'ERR_INVALID_ARG_TYPE' })],
    ['of the program itself', new TypeError('a message with a secret')],
  ] as const)
    it(`${what} is internal, without its message`, () => {
      const { code, detail } = stsRefusal(error, { roleArn: 'arn:aws:iam::123456789012:role/lake' });
      assert.equal(code, 'internal');
      assert.equal(detail['roleArn'], 'arn:aws:iam::123456789012:role/lake');
      assert.match(String(detail['error']), /^(?:Type)?Error\n {4}at /);
      assert.doesNotMatch(JSON.stringify(detail), /secret/);
    });

  for (const [what, error] of [
    ['a refused connection', errorWith({ code: 'ECONNREFUSED', syscall: 'connect' })],
    ['a name that does not resolve', errorWith({ code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
    ['a certificate of another name', errorWith({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })],
    ['a failed fetch', new TypeError('fetch failed', { cause: errorWith({ code: 'ECONNREFUSED' }) })],
    ['an unknown error', new Error('of a library')],
  ] as const)
    it(`about ${what} is sts_unreachable`, () => {
      assert.equal(stsRefusal(error, {}).code, 'sts_unreachable');
    });
});
