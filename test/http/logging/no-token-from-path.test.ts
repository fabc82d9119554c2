// A token that a caller puts in a path, key or prefix by mistake is not logged.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rawExchange } from '../../support/raw-exchange.ts';
import { startWire } from '../../support/wire.ts';

it('the log does not contain tokens from a path, a key or a prefix', async () => {
  const wire = await startWire();
  try {
    const token = await wire.token('reader');
    const paths = [
      `/acme-lake/${token}`,
      `/acme-lake/a/${token}/b`,
      `/${token}`,
      `/-/${token}`,
      `/acme-lake?list-type=2&prefix=Bearer%20${token}`,
      `/-/object?bucket=acme-lake&key=x${token}`,
    ];
    for (const path of paths) {
      const reply = await wire.get(path, { as: 'reader' });
      await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    }
    await wire.get('/acme-lake/README.txt', { as: 'reader', headers: { 'user-agent': token } });
    const [, payload = token, signature = token] = token.split('.');
    const output = wire.bridge.output();
    assert.ok(!output.includes(signature));
    assert.ok(!output.includes(payload));
  } finally {
    await wire.close();
  }
});

const escaped = (text: string): string =>
  text.replace(/./gs, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** Decodes percent-encoding repeatedly, until the text no longer changes. */
function fullyDecoded(text: string): string {
  for (;;) {
    const next = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === text) return text;
    text = next;
  }
}

it('the log does not contain percent-encoded tokens, even if they were encoded several times', async () => {
  const wire = await startWire();
  try {
    const token = await wire.token('reader');
    const [header = '', payload = '', signature = ''] = token.split('.');
    const dotted = `${header}%2e${payload}%2E${signature}`;
    const once = escaped(token);
    const twice = once.replaceAll('%', '%25');
    const encodings = [
      `%65${token.slice(1)}`,
      `%2565${token.slice(1)}`,
      dotted,
      `e${once.slice(3)}`,
      once,
      twice,
    ];
    const authorization = `Authorization: Bearer ${token}`;
    for (const text of [...encodings, escaped(twice)].filter(({ length }) => length < 15_000)) {
      for (const head of [
        `GET /acme-lake/${text} HTTP/1.1\r\nHost: b\r\n${authorization}`,
        `GET /acme-lake/x${text}/b HTTP/1.1\r\nHost: b`,
        `GET /acme-lake?list-type=2&prefix=raw/${text} HTTP/1.1\r\nHost: b\r\n${authorization}`,
        `GET /-/object?bucket=acme-lake&key=a${text} HTTP/1.1\r\nHost: b\r\n${authorization}`,
        `GET /acme-lake/a%3FX-Amz-Security-Token=${text} HTTP/1.1\r\nHost: b`,
        `GET http://${text}/acme-lake/a HTTP/1.1\r\nHost: b`,
        `GET http://user:${text}@b/acme-lake/a HTTP/1.1\r\nHost: b`,
        `GET /acme-lake/a HTTP/1.1\r\nHost: ${text}`,
        `GET /acme-lake/a HTTP/1.1\r\nHost: b\r\nUser-Agent: a ${text}`,
        `GET /acme-lake/a HTTP/1.1\r\nHost: b\r\nX-Cloud-Trace-Context: ${text}\r\nTraceparent: ${text}`,
      ]) {
        const response = await rawExchange(wire.bridge.url, `${head}\r\nConnection: close\r\n\r\n`);
        assert.match(response, /^HTTP/, head.slice(0, 40));
      }
    }
    const last = await wire.get('/-/whoami', { as: 'reader' });
    await wire.bridge.line(({ requestId }) => requestId === last.headers['x-request-id']);
    const output = fullyDecoded(wire.bridge.output());
    assert.match(output, /"requestUrl":"\/acme-lake\/…"/);
    assert.ok(!output.includes(signature.slice(0, 40)), 'a signature');
    assert.ok(!output.includes(payload.slice(0, 40)), 'a payload');
  } finally {
    await wire.close();
  }
});
