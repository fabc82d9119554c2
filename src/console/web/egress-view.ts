// For operators: the bytes that this console has received from S3, with an estimate of their list price, by bucket and caller.
import { egress } from './api.ts';
import type { Egress, EgressRow } from './api.ts';
import { ErrorNotice } from './error-notice.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { shownDollars, shownSize, shownTime, visible } from './shown-text.ts';
import { sharesBy } from './egress-shares.ts';
import type { Share } from './egress-shares.ts';
import { useLoaded } from './use-loaded.ts';

/** More would make the page long. The rows with the most bytes come first. */
const MAX_ROWS = 100;

export function EgressView(): Html {
  const report = useLoaded(egress, []);
  return html`<section aria-labelledby="egress">
    <h2 id="egress">Estimated egress</h2>
    ${report.error !== undefined && html`<${ErrorNotice} error=${report.error} />`}
    ${report.value !== undefined && html`<${Shown} report=${report.value} />`}
  </section>`;
}

function Shown({ report }: { readonly report: Egress }): Html {
  const { since, total, rows, note, priceSources } = report;
  return html`<div>
    <p>
      This instance of the console has received ${shownSize(total.bytes)} from S3 since ${shownTime(since)}.
      ${
        total.bytesWithoutPrice < total.bytes || total.bytes === 0
          ? ` The estimated list price is ${shownDollars(total.estimatedCost)}.`
          : ' Their price is unknown.'
      }
      ${
        total.bytesWithoutPrice > 0 &&
        total.bytesWithoutPrice < total.bytes &&
        ` It does not include ${shownSize(total.bytesWithoutPrice)} whose price is unknown.`
      }
    </p>
    <p class="fine">
      What the bridge and other instances of the console have received is not included. For the total, use
      <code>fedbridge egress</code> with the logs of all of them.
    </p>
    ${
      rows.length > 0 &&
      html`<div class="charts">
          <${Shares} label="bucket" shares=${sharesBy(rows, ({ bucket }) => bucket)} />
          <${Shares} label="caller" shares=${sharesBy(rows, ({ caller }) => caller)} />
        </div>
        <${Rows} rows=${rows} />`
    }
    <p class="fine">${note}</p>
    ${
      priceSources.length > 0 &&
      html`<p class="fine">Prices:</p>
        <ol class="fine">
          ${priceSources.map(({ source, date }) => html`<li>${source} (date: ${date})</li>`)}
        </ol>`
    }
  </div>`;
}

/** A small chart: the bars repeat the numbers beside them. */
function Shares({ label, shares }: { readonly label: string; readonly shares: readonly Share[] }): Html {
  const bySize = shares.every(({ cost }) => cost === null);
  const weightOf = ({ bytes, cost }: Share): number => (bySize ? bytes : (cost ?? 0));
  const most = Math.max(...shares.map(weightOf), Number.MIN_VALUE);
  return html`<table class="shares">
    <caption>
      ${bySize ? `Bytes by ${label}; no price is known` : `Estimated list price by ${label}`}
    </caption>
    <thead>
      <tr>
        <th scope="col">${label}</th>
        <th scope="col">estimated list price</th>
        <th scope="col">bytes</th>
      </tr>
    </thead>
    <tbody>
      ${shares.map(
        (share) =>
          html`<tr>
            <th scope="row">
              <bdi>${visible(share.name)}</bdi>
              <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect width=${(100 * weightOf(share)) / most} height="1" />
              </svg>
            </th>
            <td class="number">${shownDollars(share.cost)}</td>
            <td class="number">${shownSize(share.bytes)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function Rows({ rows }: { readonly rows: readonly EgressRow[] }): Html {
  const more = rows.length - MAX_ROWS;
  return html`<div>
    <div class="scroll" role="region" aria-label="Estimated egress by caller, bucket and path" tabindex="0">
      <table>
        <thead>
          <tr>
            ${['Caller', 'Bucket', 'Region', 'Path'].map((name) => html`<th scope="col">${name}</th>`)}
            ${['Bytes', '$ per GB', 'Estimated list price'].map((name) => html`<th scope="col" class="number">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, MAX_ROWS).map(
            ({ caller, bucket, region, path, bytes, pricePerGB, priceSource, estimatedCost }) =>
              html`<tr>
                <td><bdi>${visible(caller)}</bdi></td>
                <td><bdi>${visible(bucket)}</bdi></td>
                <td>${region ?? 'unknown'}</td>
                <td>${path}</td>
                <td class="number">${shownSize(bytes)}</td>
                <td class="number">${shownPrice(pricePerGB, priceSource)}</td>
                <td class="number">${shownDollars(estimatedCost)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${more > 0 && html`<p class="fine">${more} more rows are not shown.</p>`}
  </div>`;
}

/** @param source the position of the price's source */
const shownPrice = (price: number | null, source: number | null): string =>
  price === null || source === null ? 'unknown' : `${price} [${source + 1}]`;
