// ListObjects and ListObjectVersions use different markers to request the next page.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { keepVersions } from '../../support/owner.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const all = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, value = '']) => value);

describe('a listing', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: configured({ grants: [READER_MAY_ALL] }) });
    await keepVersions(wire);
    for (const key of ['pages/a b.txt', 'pages/b+c.txt', 'pages/d/e.txt', 'pages/f.txt']) {
      await wire.put(key, 'old');
      await wire.put(key, 'new');
    }
  });
  after(() => wire.close());

  const pagesOf = async (query: string, next: (xml: string) => string | undefined): Promise<string[]> => {
    const pages: string[] = [];
    let more: string | undefined = '';
    while (more !== undefined) {
      const { status, text } = await wire.get(`/acme-lake?${query}${more}`, { as: 'reader' });
      assert.equal(status, 200, text);
      pages.push(text);
      more = all(text, 'IsTruncated')[0] === 'true' ? next(text) : undefined;
    }
    return pages;
  };

  it("by ListObjects continues after the previous page's last key", async () => {
    const pages = await pagesOf('prefix=pages/&max-keys=1', (xml) => {
      return `&marker=${encodeURIComponent(all(xml, 'Key').at(-1) ?? '')}`;
    });
    assert.deepEqual(
      pages.flatMap((xml) => all(xml, 'Key')),
      ['pages/a b.txt', 'pages/b+c.txt', 'pages/d/e.txt', 'pages/f.txt'],
    );
  });

  it("by ListObjects continues after the previous page's NextMarker if there is a delimiter", async () => {
    const pages = await pagesOf('prefix=pages/&delimiter=/&max-keys=2', (xml) => {
      return `&marker=${encodeURIComponent(all(xml, 'NextMarker')[0] ?? '')}`;
    });
    assert.equal(pages.length, 2);
    assert.match(pages[1] ?? '', /<CommonPrefixes><Prefix>pages\/d\/<\/Prefix><\/CommonPrefixes>/);
  });

  it("by ListObjectVersions continues after the previous page's last key and version", async () => {
    const pages = await pagesOf('versions&prefix=pages/&max-keys=3', (xml) => {
      const [key = '', version = ''] = [all(xml, 'NextKeyMarker')[0], all(xml, 'NextVersionIdMarker')[0]];
      return `&key-marker=${encodeURIComponent(key)}&version-id-marker=${version}`;
    });
    assert.deepEqual(
      pages.map((xml) => all(xml, 'IsLatest')),
      [
        ['true', 'false', 'true'],
        ['false', 'true', 'false'],
        ['true', 'false'],
      ],
    );
  });
});
