import { attempt, call, refusal, send } from './api.js';
import { button, cell, find, make, pill } from './dom.js';

// Which document the text began as: what is saved replaces this one and no other.
let tag = '*';

/** The document in force with its secrets hidden, and its tag. */
export async function inForce() {
  const response = await send('/admin/v1/config', { headers: { accept: 'application/yaml' } });
  if (!response.ok) {
    throw await refusal(response);
  }
  return { tag: response.headers.get('etag'), text: response.headers.get('content-type').includes('yaml') ? await response.text() : '' };
}

/** Tells what a change was answered; null for one that was refused for the errors of its document, which are shown. */
export async function change(path, method, options, showErrors) {
  const { comment, ...rest } = options;
  const headers = { 'if-match': rest.tag };
  if (comment.trim()) {
    headers['x-gateway-comment'] = encodeURIComponent(comment.trim());
  }
  const response = await send(path, { method, text: rest.text, headers });
  const isWrong = response.status === 400 ? (await response.clone().json()).errors : null;
  if (isWrong) {
    showErrors(isWrong);
    return null;
  }
  if (!response.ok) {
    throw await refusal(response);
  }
  return response.json();
}

/** Where the text goes wrong: the line is chosen, and comes into view. */
function jump(number) {
  const area = find('#check').elements.document;
  const lines = area.value.split('\n');
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[number - 1] ?? '').length);
  area.scrollTop = Math.max(0, (number - 4) * (area.scrollHeight / Math.max(1, lines.length)));
}

function showErrors(errors) {
  const rows = errors.map(error => make('tr', {}, cell(button(String(error.line), () => jump(error.line)), 'number'), cell(make('code', {}, error.path || '–')), cell(error.message + (error.nearest ? ` Did you mean '${error.nearest}'?` : ''), 'text')));
  find('#verdict').replaceChildren(make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Errors of the document' }, make('table', {},
    make('thead', {}, make('tr', {}, make('th', { scope: 'col', class: 'number' }, 'Line'), make('th', { scope: 'col' }, 'Setting'), make('th', { scope: 'col' }, 'What is wrong'))), make('tbody', {}, ...rows))));
}

/** Says that a version is in force, and what to know about it. */
export function showChange(answer) {
  const what = answer.changed ? ` Version ${answer.version ?? ''} is in force.` : ' This document is in force already.';
  find('#verdict').replaceChildren(make('p', { class: 'card' }, pill('good', 'good'), what), ...answer.warnings.map(text => make('p', { class: 'card' }, pill('note', 'warn'), ` ${text}`)));
}

async function check(text) {
  const answer = await call('/admin/v1/config/validate', { method: 'POST', text });
  if (answer.valid) {
    find('#verdict').replaceChildren(make('p', { class: 'card' }, pill('good', 'good'), ' The gateway could take this document.'));
  } else {
    showErrors(answer.errors);
  }
}

async function load() {
  const current = await inForce();
  tag = current.tag ?? '*';
  const form = find('#check');
  form.elements.document.value = current.text;
  form.elements.comment.value = '';
}

export function editor(renew) {
  const form = find('#check');
  form.addEventListener('submit', event => {
    event.preventDefault();
    const fields = form.elements;
    attempt(async () => {
      if (event.submitter?.value !== 'save') {
        await check(fields.document.value);
        return;
      }
      const answer = await change('/admin/v1/config', 'PUT', { tag, text: fields.document.value, comment: fields.comment.value }, showErrors);
      if (answer) {
        await renew();
        showChange(answer);
      }
    });
  });
  find('#again').addEventListener('click', () => attempt(async () => {
    find('#verdict').replaceChildren();
    await load();
  }));
  return load;
}
