// The console's page: its header, and the view that the address names.
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { whoami } from './api.ts';
import type { Person } from './api.ts';
import { BucketsView } from './buckets-view.ts';
import { ErrorNotice } from './error-notice.ts';
import { FolderView } from './folder-view.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { Link } from './link.ts';
import { ObjectView } from './object-view.ts';
import { OperatorsView } from './operators-view.ts';
import { placeIn, titleOf } from './place.ts';
import type { Place } from './place.ts';
import { RequestError } from './request.ts';
import { visible } from './shown-text.ts';
import { useLoaded } from './use-loaded.ts';

/**
 * The address at which IAP clears its cookie and lets the person choose a different account (IAP, "Using query parameters and
 * headers").
 */
const SWITCH_ACCOUNT = '/?gcp-iap-mode=CLEAR_LOGIN_COOKIE';

function App(): Html {
  const place = usePlace();
  const person = useLoaded(whoami, []);
  const heading = useHeadingFocus(place);
  return html`<div class="page">
    <header>
      <${Link} place=${{ view: 'buckets' }} class="brand">Fedbridge<//>
      <nav aria-label="Pages">
        <${Link} place=${{ view: 'buckets' }} current=${place.view === 'buckets'}>Buckets<//>
        ${person.value?.operator === true && html`<${Link} place=${{ view: 'operators' }} current=${place.view === 'operators'}>Operators<//>`}
      </nav>
      <p class="person">
        ${person.value !== undefined && html`<span>${person.value.caller}</span>`}
        <a href=${SWITCH_ACCOUNT}>Switch account</a>
      </p>
    </header>
    <main ref=${heading}>
      ${
        person.error === undefined
          ? person.value !== undefined && viewOf(place, person.value)
          : html`<h1>${isSignedOut(person.error) ? 'Not signed in' : 'The console is not available'}</h1>
              <${ErrorNotice} error=${person.error} />`
      }
    </main>
  </div>`;
}

const isSignedOut = (error: unknown): boolean => error instanceof RequestError && error.status === 401;

function viewOf(place: Place, person: Person): Html {
  // The key makes the view start again for each address, so that nothing of the previous address stays visible.
  const key = JSON.stringify(place);
  switch (place.view) {
    case 'buckets':
      return html`<${BucketsView} key=${key} person=${person} />`;
    case 'folder':
      return html`<${FolderView} key=${key} place=${place} />`;
    case 'object':
      return html`<${ObjectView} key=${key} place=${place} audience=${person.audience} />`;
    case 'operators':
      return html`<${OperatorsView} key=${key} />`;
  }
}

function usePlace(): Place {
  const [place, setPlace] = useState(() => placeIn(location.search));
  useEffect(() => {
    const update = (): void => {
      setPlace(placeIn(location.search));
    };
    addEventListener('popstate', update);
    return () => {
      removeEventListener('popstate', update);
    };
  }, []);
  return place;
}

/**
 * Moves the focus to the new view's heading after a change of the view, so that screen readers continue there, as after loading
 * a page.
 */
function useHeadingFocus(place: Place): { current: HTMLElement | null } {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${visible(titleOf(place))} – Fedbridge console`;
    if (isFirst.current) isFirst.current = false;
    else main.current?.querySelector<HTMLElement>('h1')?.focus();
  }, [place]);
  return main;
}

const root = document.getElementById('app');
if (root !== null) render(html`<${App} />`, root);
