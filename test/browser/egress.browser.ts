// The page for operators, with prices: what people have read through the console, and the estimate of its list price.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessibilityProblems, addressed, openStage, skip } from './stage.ts';

const MIB = 1024 ** 2;

describe('the estimated egress', { skip }, () => {
  it('is shown by bucket, by caller and by row, with the date of the prices', async () => {
    const stage = await openStage({
      config: ({ audience, consoleAudience, role, region, people }) => `
audience: ${audience}
aws: { region: ${region} }
roles: { lake: { arn: "${role}" } }
buckets:
  acme-lake: { role: lake, region: ${region} }
  acme-other: { role: lake, region: us-east-1, target: acme-lake }
grants:
  - { callers: ["user:${people['reader'] ?? ''}"], allow: [get, list], bucket: acme-lake }
  - { callers: ["user:${people['scoped'] ?? ''}"], allow: [get, list], bucket: acme-lake }
operators: ["user:${people['operator'] ?? ''}"]
egress: { prices: { ${region}: { endpoint: 10 } } }
# Parts would add the bytes that S3 sends before the first connection is closed, and their number varies.
readAhead: { connections: 1 }
console: { audience: "${consoleAudience}" }`,
    });
    try {
      await stage.wire.put('large.txt', Buffer.alloc(16 * MIB, 'text '));
      for (const [person, times] of [
        ['reader', 3],
        ['scoped', 1],
      ] as const) {
        const opened = await stage.openAs(person, addressed({ bucket: 'acme-lake', key: 'large.txt' }));
        await opened.page.locator('pre').first().waitFor();
        const link = opened.page.getByRole('link', { name: 'Download' });
        for (let i = 0; i < times; i += 1) {
          const download = opened.page.waitForEvent('download');
          await link.click();
          await (await download).path();
        }
        await opened.close();
      }
      const opened = await stage.openAs('operator', addressed({ view: 'operators' }));
      const egress = opened.page.getByRole('region', { name: 'Estimated egress', exact: true });
      const callers = egress.getByRole('table', { name: 'Estimated list price by caller' });
      await callers.waitFor();
      // The previews read 256 KiB each: 48.25 MiB and 16.25 MiB at $10 per GiB.
      assert.deepEqual((await callers.locator('tbody tr').allInnerTexts()).map(inWords), [
        'user:reader@acme.example $0.47 48 MiB',
        'user:scoped@acme.example $0.16 16 MiB',
      ]);
      const widths = await callers
        .locator('rect')
        .evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute('width'))));
      assert.deepEqual(widths.map(Math.round), [100, 34]);
      const buckets = egress.getByRole('table', { name: 'Estimated list price by bucket' });
      assert.deepEqual((await buckets.locator('tbody tr').allInnerTexts()).map(inWords), [
        'acme-lake $0.63 65 MiB',
      ]);
      const text = await egress.innerText();
      assert.match(text, /received 65 MiB from S3 since .* The estimated list price is \$0\.63\./);
      assert.match(text, /egress\.prices in the configuration \(date: as configured\)/);
      assert.match(text, /This is an estimate, not a bill/);
      const rows = egress.getByRole('region', { name: 'Estimated egress by caller, bucket and path' });
      assert.match(
        inWords(await rows.locator('tbody tr').first().innerText()),
        / endpoint 48 MiB 10 \[1\] \$0\.47$/,
      );
      assert.deepEqual(await accessibilityProblems(opened.page), []);
      await opened.close();
    } finally {
      await stage.close();
    }
  });
});

const inWords = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
