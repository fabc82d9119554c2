// A table of records that scrolls on its own, so that a wide table does not widen the page.
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { shownCount, visible } from '../shown-text.ts';

/** The maximum number of rows to show. More rows would make the page slow. */
export const MAX_ROWS = 200;
const MAX_COLUMNS = 100;
const MAX_CELL_CHARACTERS = 500;

export function DataTable(props: {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}): Html {
  const { label, columns, rows } = props;
  const shown = columns.slice(0, MAX_COLUMNS);
  const more = columns.length - shown.length;
  const moreRows = rows.length - MAX_ROWS;
  return html`<div>
    ${more > 0 && html`<p class="fine">${shownCount(more)} more columns are not shown.</p>`}
    ${moreRows > 0 && html`<p class="fine">${shownCount(moreRows)} more rows are not shown.</p>`}
    <div class="scroll" role="region" aria-label=${label} tabindex="0">
      <table>
        <thead>
          <tr>
            ${shown.map((name) => html`<th scope="col"><bdi>${cellText(name)}</bdi></th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, MAX_ROWS).map(
            (row) =>
              html`<tr>
                ${shown.map((_, position) => html`<td><bdi>${cellText(row[position] ?? '')}</bdi></td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </div>`;
}

const cellText = (text: string): string =>
  visible(text.length > MAX_CELL_CHARACTERS ? `${text.slice(0, MAX_CELL_CHARACTERS)}…` : text);
