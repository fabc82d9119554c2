// Shows why a request failed. For a read that no grant allows, shows the bridge's explanation as well.
import { explain } from './api.ts';
import { RequestError } from './request.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { visible } from './shown-text.ts';
import { useLoaded } from './use-loaded.ts';

export function ErrorNotice({ error }: { readonly error: unknown }): Html {
  const message = error instanceof Error ? error.message : 'Something failed.';
  const requestId = error instanceof RequestError ? error.requestId : '';
  return html`<div class="notice" role="alert">
    <p>${visible(message)}</p>
    ${requestId !== '' && html`<p class="fine">Request ID: <code>${requestId}</code></p>`}
  </div>`;
}

/** The error for code that cannot be loaded, usually because a new version of the console has replaced the files. */
export const NOT_LOADED = new Error('Part of the console could not be loaded. Reload the page.');

interface DeniedRead {
  readonly bucket: string;
  /** The key or the prefix. */
  readonly subject: string;
  readonly action: 'get' | 'list';
}

/** Shows a failed read. If no grant allows it, also shows why. */
export function ReadError({ error, read }: { readonly error: unknown; readonly read: DeniedRead }): Html {
  const isDenied = error instanceof RequestError && error.outcome === 'not_granted';
  return isDenied ? html`<${Denied} read=${read} error=${error} />` : html`<${ErrorNotice} error=${error} />`;
}

function Denied({ read, error }: { readonly read: DeniedRead; readonly error: RequestError }): Html {
  const { bucket, subject, action } = read;
  const explanation = useLoaded((signal) => explain(read, signal), [bucket, subject, action]);
  const { value } = explanation;
  return html`<section class="notice" role="alert" aria-labelledby="denied">
    <h2 id="denied">Why can I not see this?</h2>
    ${value !== undefined && html`<p>${visible(value.why)}</p>`}
    ${value?.hint !== undefined && html`<p>${visible(value.hint)}</p>`}
    ${explanation.error !== undefined && html`<p>${visible(error.message)}</p>`}
    <p class="fine">Request ID: <code>${error.requestId}</code></p>
  </section>`;
}
