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

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

const show = () => attempt(async () => {
  if (await renew('#list')) {
    localTimes(find('#list'));
  }
});

async function run(signal) {
  while (!signal.aborted) {
    if (document.hidden) {
      await pause(1000);
    } else if (!(await listen(signal).catch(() => false)) && !signal.aborted) {
      await show();
      await pause(2000);
    }
  }
}

/** Follows the tail until it ends. False where the gateway has none, or no room in it: then it is asked every two seconds. */
async function listen(signal) {
  const filters = new URLSearchParams(location.search);
  for (const name of ['from', 'to', 'cursor', 'limit']) {
    filters.delete(name);
  }
  const response = await send(`/admin/v1/requests/stream?${filters}`, { background: true, signal });
  if (!response.ok || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    return false;
  }
  await show();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done || document.hidden) {
      await reader.cancel();
      return true;
    }
    text = (text + value).slice(-4096);
    if (/^event: (request|skipped)/m.test(text)) {
      text = '';
      await show();
      await pause(1000);
    }
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
