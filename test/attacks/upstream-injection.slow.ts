// No request, and no response from S3, can make the bridge connect to or look up a host other than its upstreams.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { emailOf, startMarkedLake } from './marked-lake.ts';
import type { MarkedLake } from './marked-lake.ts';

const PRELOAD = new URL('connections-preload.ts', import.meta.url).href;

/** Host names that are also valid bucket names. */
const HOSTS = [
  'evil.example',
  '169.254.169.254.nip',
  'metadata.google.internal',
  'localhost',
  'sts.amazonaws.com',
];

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let answer: Answer;
const well: Answer = (_, response) => response.end('ok');

describe('the host that the bridge calls', () => {
  let lake: MarkedLake;
  let directory: string;
  let file: string;
  let authorization: string;
  before(async () => {
    answer = well;
    directory = await mkdtemp(join(tmpdir(), 'fedbridge-connections-'));
    file = join(directory, 'connections');
    await writeFile(file, '');
    lake = await startMarkedLake({
      buckets: ['acme-lake', ...HOSTS],
      grants: ['acme-lake', ...HOSTS].map(
        (name) => `callers: [${emailOf('reader')}], allow: [get, list], bucket: ${name}`,
      ),
      answer: (request, response) => {
        answer(request, response);
      },
      environment: { NODE_OPTIONS: `--import=${PRELOAD}`, CONNECTIONS_FILE: file },
    });
    authorization = `Authorization: Bearer ${lake.tokenOf('reader')}`;
  });
  after(async () => {
    await lake.close();
    await rm(directory, { recursive: true });
  });

  const send = async (target: string, ...headers: readonly string[]): Promise<string> => {
    const lines = [
      `GET ${target} HTTP/1.1`,
      ...(headers.some((each) => each.startsWith('Host:')) ? [] : ['Host: b']),
    ];
    const reply = await rawExchange(
      lake.wire.bridge.url,
      [...lines, ...headers, authorization, 'Connection: close', '', ''].join('\r\n'),
    );
    return /^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1] ?? '';
  };

  it('cannot be chosen by a caller through the form of the request target', async () => {
    for (const host of HOSTS) {
      for (const target of [
        `http:/${host}/acme-lake/x`,
        `ftp://${host}/acme-lake/x`,
        `https://${host}/x`,
        `${host}:443`,
        `//${host}/x`,
        `/\\${host}/x`,
        `/@${host}/x`,
        `///${host}`,
      ])
        assert.match(await send(target), /^40[03]$/, target);
      // A bucket name that looks like a host name does not change the endpoint.
      const before = lake.s3.asked.length;
      assert.equal(await send(`/${host}/latest/meta-data/`), '200');
      assert.equal(lake.s3.asked[before]?.url, `/${host}/latest/meta-data/`);
      // The bridge ignores the host in an absolute request URL.
      assert.equal(await send(`http://${host}/acme-lake/x`), '200');
      const sent = lake.s3.asked[before + 1];
      assert.equal(sent?.url, '/acme-lake/x');
      assert.equal(`http://${sent.headers.host ?? ''}`, lake.s3.origin);
    }
  });

  it('cannot be chosen by a caller through a header', async () => {
    for (const host of HOSTS) {
      const headers = [
        'Host',
        'X-Forwarded-Host',
        'X-Forwarded-Server',
        'X-Host',
        'X-Original-Host',
        'X-HTTP-Host-Override',
        'Referer',
        'Origin',
        'X-Original-URL',
        'X-Rewrite-URL',
        'Destination',
        'X-Amz-Copy-Source',
        'X-Amz-Website-Redirect-Location',
        'Via',
        'X-Amz-Bucket-Region',
        'X-Amz-Access-Point',
        'X-Amz-Request-Route',
        'Proxy',
        'Forwarded',
      ].map((name) => `${name}: ${name === 'Forwarded' ? `host=${host}` : host}`);
      const before = lake.s3.asked.length;
      for (const header of headers) assert.equal(await send('/acme-lake/x', header), '200', header);
      assert.equal(await send('/acme-lake/x', `Host: ${host}`, 'Host: b'), '200');
      for (const asked of lake.s3.asked.slice(before)) {
        assert.equal(`http://${asked.headers.host ?? ''}`, lake.s3.origin);
        assert.equal(asked.url, '/acme-lake/x');
        assert.ok(!JSON.stringify(asked.headers).includes(host));
      }
    }
  });

  it('cannot be chosen by a caller through a parameter', async () => {
    for (const host of HOSTS)
      for (const name of [
        'endpoint',
        'host',
        'url',
        'region',
        'bucket',
        'x-amz-bucket-region',
        'website',
        'x-id',
      ])
        assert.match(
          await send(`/acme-lake/x?${name}=${encodeURIComponent(`http://${host}/`)}`),
          /^(?:501|200)$/,
          name,
        );
    for (const bucket of [
      'evil.example%2Fx',
      'evil.example:80',
      'a@evil.example',
      '..',
      '%2e%2e',
      'evil.example%00',
    ])
      assert.match(await send(`/-/object?bucket=${bucket}&key=x`), /^40[03]$/, bucket);
  });

  it('cannot be chosen by S3 through the region or endpoint in its response', async () => {
    const regions = [
      'evil.example',
      'eu-west-1.evil.example',
      'evil.example/',
      'x@evil.example',
      '..',
      'a-b#',
      'evil.example:443',
      '',
    ];
    for (const region of regions) {
      for (const [status, document] of [
        [
          301,
          `<Error><Code>PermanentRedirect</Code><Endpoint>evil.example</Endpoint><Bucket>x</Bucket></Error>`,
        ],
        [
          307,
          `<Error><Code>TemporaryRedirect</Code><Endpoint>b.evil.example</Endpoint><Region>${region}</Region></Error>`,
        ],
        [400, `<Error><Code>AuthorizationHeaderMalformed</Code><Region>${region}</Region></Error>`],
      ] as const) {
        answer = (_, response) => {
          response.writeHead(status, {
            location: 'http://evil.example/x',
            'x-amz-bucket-region': region,
            refresh: '0;url=http://evil.example',
          });
          response.end(document);
        };
        assert.match(await send('/acme-lake/x'), /^(?:502|400)$/, `${status} ${region}`);
      }
    }
    answer = well;
  });

  it('is a configured host on every connection that the bridge has opened', async () => {
    const seen = new Set((await readFile(file, 'utf8')).split('\n').filter((line) => line !== ''));
    const { metadata, certs } = lake.wire.sandbox.contract;
    const upstreams = [metadata, certs, lake.sts.origin, lake.s3.origin].map(
      (url) => `connect ${new URL(url).host}`,
    );
    for (const upstream of upstreams) assert.ok(seen.has(upstream), `${upstream} was never recorded`);
    const others = [...seen].filter((line) => !upstreams.includes(line) && line !== 'lookup 127.0.0.1');
    assert.deepEqual(others, []);
  });
});
