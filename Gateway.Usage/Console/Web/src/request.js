import { attempt, call } from './api.js';
import { count, find, make, pill } from './dom.js';

const reasons = {
  not_moderated: 'Not kept: the request was refused before moderation had masked what it masks.',
  not_maskable: 'Not kept: it is nothing that could be masked (pictures, sound, a form, damaged JSON).',
};

/** JSON with its lines apart; anything else as it is. */
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function body(side) {
  const { bytes, cut, type, text, base64, body: masked, texts, not_kept: notKept, ...shape } = side;
  if (notKept) {
    return make('p', {}, reasons[notKept] ?? notKept);
  }
  if (texts) {
    return make('div', {}, ...texts.flatMap(one => [make('p', {}, make('small', {}, one.place)), block(one.text, one.place)]));
  }
  if (base64 !== undefined) {
    return block(base64, 'Bytes in base64');
  }
  return block(text !== undefined ? readable(text) : JSON.stringify(masked !== undefined ? masked : shape, null, 2), 'Content');
}

const block = (text, label) => make('pre', { tabindex: '0', 'aria-label': label }, text);

function part(title, side) {
  const notes = [side.bytes === undefined ? null : `${count(side.bytes)} bytes`, side.cut ? 'only the beginning was kept' : null, side.masked === undefined ? null : `${count(side.masked)} masked`];
  return [make('h3', {}, `${title} `, make('small', { class: 'soft' }, notes.filter(Boolean).join(', '))), body(side)];
}

export function request() {
  const show = find('#show-content');
  show?.addEventListener('click', () => attempt(async () => {
    const content = await call(`/admin/v1/requests/${encodeURIComponent(show.dataset.id)}/content`);
    find('#content').replaceChildren(...(content.level === 'none'
      ? [make('p', { role: 'status' }, content.reason)]
      : [make('p', {}, pill(content.level, content.level === 'full' ? 'warn' : 'good')), ...part('Request', content.request), ...part('Answer', content.answer)]));
  }));
}
