// The buckets that a person may read, with the parts of each bucket that their grants cover.
import type { Grant, Person } from './api.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { Link } from './link.ts';
import { PathBox } from './path-box.ts';
import type { Place } from './place.ts';
import { Name } from './shown-text.ts';

export function BucketsView({ person }: { readonly person: Person }): Html {
  const buckets = [...Map.groupBy(person.mayRead, ({ bucket }) => bucket)];
  return html`<div>
    <h1 tabindex="-1">Buckets</h1>
    <${PathBox} value="" />
    ${
      buckets.length === 0
        ? html`<div class="notice">
            <p>You have no grants, so there is nothing to show.</p>
            ${person.hint !== undefined && html`<p>${person.hint}</p>`}
          </div>`
        : html`<ul class="cards">
            ${buckets.map(([bucket, grants]) => html`<li key=${bucket}><${Bucket} bucket=${bucket} grants=${grants} /></li>`)}
          </ul>`
    }
  </div>`;
}

function Bucket({ bucket, grants }: { readonly bucket: string; readonly grants: readonly Grant[] }): Html {
  return html`<div>
    <h2>
      <${Link} place=${{ view: 'folder', bucket, prefix: '' }}><${Name} text=${bucket} /><//>
    </h2>
    <p class="fine">You may:</p>
    <ul>
      ${grants.map((grant) => html`<li>${new Intl.ListFormat('en').format(grant.allow)} <${Scope} grant=${grant} /></li>`)}
    </ul>
  </div>`;
}

function Scope({ grant }: { readonly grant: Grant }): Html {
  const { bucket, prefix = '', key } = grant;
  if (key === undefined && prefix === '') return html`<span>in the whole bucket</span>`;
  const place: Place =
    key === undefined ? { view: 'folder', bucket, prefix } : { view: 'object', bucket, key };
  return html`<span
    >${key === undefined ? 'in ' : 'the object '}<${Link} place=${place}><${Name} text=${key ?? prefix} /><//
  ></span>`;
}
