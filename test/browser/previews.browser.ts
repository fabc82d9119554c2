// The console in a browser: each format's preview, and what is not previewed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { randomBytes } from 'node:crypto';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { accessibilityProblems, addressed, openStage, skip } from './stage.ts';
import type { OpenPage, Stage } from './stage.ts';
import { bombParquet, smallParquet, zeroOffsetParquet } from './parquet-files.ts';

const CSV = 'id,city,note\n1,Oslo,"a, b"\n2,Lima,<i>x</i>\n';

describe('previews of objects', { skip }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
    const { wire } = stage;
    await wire.put('previews/orders.csv', CSV);
    await wire.put('previews/orders.tsv', CSV.replaceAll(',', '\t'));
    await wire.put('previews/orders.csv.gz', gzipSync(CSV));
    await wire.put('previews/encoded.csv', gzipSync(CSV), {
      ContentEncoding: 'gzip',
      ContentType: 'text/csv',
    });
    await wire.put(
      'previews/long.csv',
      `n\n${Array.from({ length: 100_000 }, (_, row) => `${row}\n`).join('')}`,
    );
    await wire.put('previews/blank-lines.csv', `n\n${'1\n\n'.repeat(150)}`);
    await wire.put('previews/one-row.csv', 'n\n1\n');
    await wire.put(
      'previews/long.csv.gz',
      gzipSync(`n\n${Array.from({ length: 100_000 }, () => `${randomBytes(4).toString('hex')}\n`).join('')}`),
    );
    await wire.put('previews/not-gzip.csv.gz', CSV);
    await wire.put('previews/not-gzip.parquet.gz', CSV);
    await wire.put('previews/one.json', '{"id":12345678901234567890,"name":"</script>"}');
    await wire.put('previews/lines.jsonl', '{"id":12345678901234567890,"a":"x"}\n{"id":2,"b":[1,2]}\n');
    await wire.put('previews/notes.txt', 'First line\nTab\there, bell\u0007, \u202Ereversed\n');
    await wire.put('previews/not-text.txt', Buffer.from([1, 0, 2]));
    await wire.put('previews/red.png', redPng(3, 2));
    await wire.put('previews/broken.png', 'no image');
    await wire.put('previews/table.parquet', smallParquet());
    await wire.put('previews/zero-offset.parquet', await zeroOffsetParquet());
    await wire.put('previews/table.parquet.gz', gzipSync(smallParquet()));
    for (const codec of ['ZSTD', 'GZIP', 'BROTLI'] as const)
      await wire.put(`previews/${codec}.parquet`, smallParquet(codec));
    for (const codec of ['SNAPPY', 'ZSTD', 'GZIP'] as const)
      await wire.put(`previews/bomb.${codec}.parquet`, bombParquet(codec));
    // Replaces the name of the program that wrote the file.
    const disguised = smallParquet();
    disguised.write('a\u202Etable', disguised.lastIndexOf('hyparquet'));
    await wire.put('previews/disguised.parquet', disguised);
    const damaged = smallParquet();
    const footerBytes = damaged.readUInt32LE(damaged.length - 8);
    await wire.put(
      'previews/damaged.parquet',
      damaged.fill(0xff, damaged.length - 8 - footerBytes, damaged.length - 8),
    );
    await wire.put('previews/broken.parquet', 'PAR1 is not enough');
    await wire.put('previews/empty.csv', '');
    await wire.put('previews/page.html', '<script>alert(1)</script>', { ContentType: 'text/html' });
    await wire.put(
      'previews/drawing.svg',
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
      { ContentType: 'image/svg+xml' },
    );
    await wire.put('previews/program.bin', Buffer.from([0x7f, 0x45]));
  });
  after(() => stage.close());

  const open = async (name: string): Promise<OpenPage & { preview: () => Promise<string> }> => {
    const opened = await stage.openAs('reader', addressed({ bucket: 'acme-lake', key: `previews/${name}` }));
    const section = opened.page.locator('section[aria-labelledby=preview]');
    await section.waitFor();
    // A preview that has not loaded yet always shows this text.
    await section.getByText('Loading…').waitFor({ state: 'detached' });
    return { ...opened, preview: () => section.innerText() };
  };

  const cellsOf = (opened: OpenPage, label: string): Promise<readonly (readonly string[])[]> =>
    opened.page.evaluate<string[][]>(
      `[...document.querySelectorAll('[aria-label="${label}"] tr')].map((row) => [...row.cells].map((cell) => cell.innerText))`,
    );

  for (const name of ['orders.csv', 'orders.tsv', 'orders.csv.gz', 'encoded.csv'])
    it(`shows ${name} as a table`, async () => {
      const opened = await open(name);
      // Replacing all commas has made the comma in the note a tab, too.
      const note = name === 'orders.tsv' ? 'a\\u{9} b' : 'a, b';
      assert.deepEqual(await cellsOf(opened, 'Rows'), [
        ['id', 'city', 'note'],
        ['1', 'Oslo', note],
        ['2', 'Lima', '<i>x</i>'],
      ]);
      assert.match(await opened.preview(), /2 rows\./);
      await opened.close();
    });

  it('shows the first 200 rows of a long table, from the first 256 KiB', async () => {
    const opened = await open('long.csv');
    assert.equal((await cellsOf(opened, 'Rows')).length, 201);
    assert.match(await opened.preview(), /Only the beginning of the object is shown \(256 KiB\)/);
    const reads = opened.requests.filter(({ url, status }) => url.pathname === '/-/object' && status === 206);
    assert.deepEqual(
      reads.map(({ bytes }) => bytes),
      [256 * 1024],
    );
    await opened.close();
  });

  it('counts only the rows of a table, not its blank lines', async () => {
    const opened = await open('blank-lines.csv');
    assert.match(await opened.preview(), /150 rows\./);
    await opened.close();
  });

  it('uses the singular for one row', async () => {
    const opened = await open('one-row.csv');
    assert.match(await opened.preview(), /1 row\./);
    await opened.close();
  });

  it('shows the beginning of a gzip file from its first 256 KiB', async () => {
    const opened = await open('long.csv.gz');
    assert.equal((await cellsOf(opened, 'Rows')).length, 201);
    assert.match(await opened.preview(), /Only the beginning of the object is shown/);
    await opened.close();
  });

  for (const name of ['not-gzip.csv.gz', 'not-gzip.parquet.gz'])
    it(`reports that ${name} is not a gzip file`, async () => {
      const opened = await open(name);
      assert.match(await opened.preview(), /its content is not valid gzip/);
      await opened.close();
    });

  it('reports an incomplete response', async () => {
    await stage.wire.fault({ upstream: 's3', fault: 'cut', after: 1000, path: 'long.csv' });
    try {
      const opened = await open('long.csv');
      assert.match(await opened.preview(), /The response of the console was incomplete/);
      // The browser reports the incomplete response as an error.
      await opened.page.context().close();
    } finally {
      await stage.wire.clearFaults();
    }
  });

  it('shows JSON indented, with every digit of its numbers', async () => {
    const opened = await open('one.json');
    assert.match(await opened.preview(), /\{\n {2}"id": 12345678901234567890,\n {2}"name": "<\/script>"\n\}/);
    await opened.close();
  });

  it('shows JSON Lines as a table', async () => {
    const opened = await open('lines.jsonl');
    assert.deepEqual(await cellsOf(opened, 'Documents'), [
      ['id', 'a', 'b'],
      ['12345678901234567890', 'x', ''],
      ['2', '', '[1,2]'],
    ]);
    await opened.close();
  });

  it('shows text, with the code points of hidden characters', async () => {
    const opened = await open('notes.txt');
    assert.match(await opened.preview(), /First line\nTab\there, bell\\u\{7\}, \\u\{202e\}reversed/);
    await opened.close();
  });

  it('does not show a file as text if it is not text', async () => {
    const opened = await open('not-text.txt');
    assert.match(await opened.preview(), /not a text file/);
    await opened.close();
  });

  it('draws an image', async () => {
    const opened = await open('red.png');
    assert.match(await opened.preview(), /3 × 2 pixels/);
    const pixel = await opened.page.evaluate<number[]>(
      '[...document.querySelector("canvas").getContext("2d").getImageData(2, 1, 1, 1).data]',
    );
    assert.deepEqual(pixel, [255, 0, 0, 255]);
    await opened.close();
  });

  it('reports an image that cannot be drawn', async () => {
    const opened = await open('broken.png');
    assert.match(await opened.preview(), /cannot show this image/);
    await opened.close();
  });

  for (const name of [
    'table.parquet',
    'zero-offset.parquet',
    'table.parquet.gz',
    'ZSTD.parquet',
    'GZIP.parquet',
  ])
    it(`shows the rows, the schema and the row groups of ${name}`, async () => {
      const opened = await open(name);
      const [columns, first, second] = await cellsOf(opened, 'First rows');
      assert.deepEqual(columns, ['id', 'city', 'price', 'sold', 'note']);
      assert.deepEqual(first, ['9007199254740993', 'Oslo', '0', '2026-05-28T20:26:40.000Z', '']);
      assert.deepEqual(second?.slice(1), ['Lima', '0.125', '2026-05-28T20:26:41.000Z', 'note 1']);
      const schema = await cellsOf(opened, 'Schema');
      assert.deepEqual(schema[2]?.slice(0, 2), ['city', 'BYTE_ARRAY (UTF8)']);
      assert.deepEqual(
        (await cellsOf(opened, 'Row groups')).map(([, rows]) => rows),
        ['Rows', '400', '400', '200'],
      );
      assert.match(await opened.preview(), /1,000 rows in 3 row groups, 5 columns/);
      const loaded = opened.requests.flatMap(
        ({ url }) => /\b(zstd|gzip)-page-/.exec(url.pathname)?.[1] ?? [],
      );
      assert.deepEqual(
        loaded,
        { 'ZSTD.parquet': ['zstd'], 'GZIP.parquet': ['gzip'] }[name] ?? [],
        'only the decompressor that the file needs is loaded',
      );
      await opened.close();
    });

  it('names the columns of a Parquet file that cannot be decompressed', async () => {
    const opened = await open('BROTLI.parquet');
    const preview = await opened.preview();
    assert.match(
      preview,
      /Column price is not shown\. It is compressed with BROTLI, which the console cannot read/,
    );
    assert.match(preview, /1,000 rows in 3 row groups/);
    await opened.close();
  });

  for (const codec of ['SNAPPY', 'ZSTD', 'GZIP'])
    it(`does not expand a ${codec} page of a Parquet file that would need too much memory`, async () => {
      const opened = await open(`bomb.${codec}.parquet`);
      if (codec !== 'SNAPPY') assert.deepEqual(await cellsOf(opened, 'First rows'), [['id'], ['1']]);
      assert.match(await opened.preview(), /Column text is not shown\. Its first page is too large/);
      await opened.close();
    });

  it('shows hidden characters in the facts of a Parquet file', async () => {
    const opened = await open('disguised.parquet');
    await cellsOf(opened, 'First rows');
    assert.match(await opened.preview(), /written by a\\u\{202e\}table\./);
    await opened.close();
  });

  for (const name of ['broken.parquet', 'damaged.parquet'])
    it(`reports that ${name} is not a Parquet file`, async () => {
      const opened = await open(name);
      assert.match(await opened.preview(), /not a Parquet file/);
      await opened.close();
    });

  it('reports an empty object', async () => {
    const opened = await open('empty.csv');
    assert.match(await opened.preview(), /The object is empty/);
    await opened.close();
  });

  for (const name of ['page.html', 'drawing.svg', 'program.bin'])
    it(`does not read ${name}, but lets the person download it`, async () => {
      const opened = await open(name);
      assert.match(await opened.preview(), /You can download the object/);
      assert.deepEqual(
        opened.requests.filter(({ url, status }) => url.pathname === '/-/object' && status === 206),
        [],
      );
      const [download] = await Promise.all([
        opened.page.waitForEvent('download'),
        opened.page.getByRole('link', { name: 'Download' }).click(),
      ]);
      assert.equal(download.suggestedFilename(), name);
      assert.equal(opened.page.url().startsWith(stage.wire.sandbox.contract.console), true);
      await opened.close();
    });

  it('a preview has no serious accessibility problem', async () => {
    for (const name of ['orders.csv', 'table.parquet', 'red.png', 'one.json']) {
      const opened = await open(name);
      assert.deepEqual(await accessibilityProblems(opened.page), []);
      await opened.close();
    }
  });
});

/** A PNG of red pixels. */
function redPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([
    Buffer.from([0]),
    ...Array.from({ length: width }, () => Buffer.from([255, 0, 0])),
  ]);
  const data = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
