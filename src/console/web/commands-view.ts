// Shows commands that read an object, each with a button that copies the command.
import { useState } from 'preact/hooks';
import { commandsFor } from './commands.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

export function Commands(props: {
  readonly place: { readonly bucket: string; readonly key: string };
  readonly audience: string;
}): Html {
  const [status, setStatus] = useState('');
  const copy = (name: string, text: string): void => {
    navigator.clipboard.writeText(text).then(
      () => {
        setStatus(`Copied: ${name}.`);
      },
      () => {
        setStatus('Copying failed. Select the text instead.');
      },
    );
  };
  return html`<section aria-labelledby="commands">
    <h2 id="commands">Read it from a program</h2>
    <p class="fine">
      Programs read through the bridge with their own Google identity. <code>$TOKEN</code> is an identity
      token for the audience <code>${props.audience}</code>.
    </p>
    <dl class="commands">
      ${commandsFor(props.place, props.audience).map(
        ({ name, text }) =>
          html`<div key=${name}>
            <dt>${name}</dt>
            <dd>
              <code tabindex="0">${text}</code
              ><button
                type="button"
                aria-label=${`Copy ${name}`}
                onClick=${() => {
                  copy(name, text);
                }}
              >
                Copy
              </button>
            </dd>
          </div>`,
      )}
    </dl>
    <p role="status" class="fine">${status}</p>
  </section>`;
}
