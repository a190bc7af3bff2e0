import { attempt, refusal, renew, send } from './api.js';
import { find, localTimes, make } from './dom.js';

const newest = () => !new URLSearchParams(location.search).has('cursor');

export function requests() {
  trimForm(find('form.filters'));
  const live = find('#live');
  live.disabled = !newest();
  live.checked = newest() && sessionStorage.getItem('gateway-live') === '1';
  let stop = live.checked ? follow() : null;
  live.addEventListener('change', () => {
    sessionStorage.setItem('gateway-live', live.checked ? '1' : '0');
    stop?.abort();
    stop = live.checked ? follow() : null;
  });
  find('#export').addEventListener('click', event => attempt(() => save(event.currentTarget.dataset.query)));
}

/** Empty fields stay out of the address. */
function trimForm(form) {
  form.addEventListener('submit', () => {
    for (const field of form.elements) {
      field.disabled = field.name !== '' && field.value === '';
    }
  });
  addEventListener('pageshow', () => {
    for (const field of form.elements) {
      field.disabled = false;
    }
  });
}

/** Renews the list as often as there is news, at most once a second. */
function follow() {
  const ending = new AbortController();
  run(ending.signal).catch(() => {});
  return ending;
}

async function run(signal) {
  const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
  const show = () => attempt(async () => {
    if (await renew('#list')) {
      localTimes(find('#list'));
    }
  });
  let hasStream = true;
  while (!signal.aborted) {
    if (document.hidden) {
      await pause(1000);
      continue;
    }
    await show();
    if (hasStream) {
      hasStream = await news(signal).catch(() => false);
    }
    await pause(hasStream ? 1000 : 2000);
  }
}

/** Waits for the next event of the tail. False where the gateway has none: then it is asked every two seconds. */
async function news(signal) {
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  const response = await send('/admin/v1/requests/stream', { background: true, signal: both });
  if (!response.ok || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    return false;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    text += value ?? '';
    if (done || /^data:/m.test(text)) {
      own.abort();
      return true;
    }
    text = text.slice(-64);
  }
}

async function save(query) {
  const parameters = new URLSearchParams(query);
  parameters.set('format', 'csv');
  parameters.set('limit', '1000');
  const response = await send(`/admin/v1/requests?${parameters}`);
  if (!response.ok) {
    throw await refusal(response);
  }
  const address = URL.createObjectURL(await response.blob());
  make('a', { href: address, download: 'requests.csv' }).click();
  URL.revokeObjectURL(address);
}
