// A link to a place in the page, which opens without loading the page again.
import type { ComponentChildren } from 'preact';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { addressOf, open } from './place.ts';
import type { Place } from './place.ts';

export function Link(props: {
  readonly place: Place;
  readonly class?: string;
  /** Whether the link leads to the page that is shown. */
  readonly current?: boolean;
  readonly children?: ComponentChildren;
}): Html {
  const { place, current = false, children } = props;
  const onClick = (event: MouseEvent): void => {
    // Leaves clicks with a modifier key to the browser, which opens a tab or a window, as for every link.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(place);
  };
  return html`<a
    href=${addressOf(place)}
    class=${props.class}
    aria-current=${current ? 'page' : undefined}
    onClick=${onClick}
    >${children}</a
  >`;
}
