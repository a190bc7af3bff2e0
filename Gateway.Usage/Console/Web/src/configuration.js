import { attempt, call } from './api.js';
import { cell, emptyRow, find, make, pill } from './dom.js';

// A document may have thousands of settings: only so many are drawn, the rest is found by the filter.
const mostRows = 500;
let settings = [];

function origin(setting) {
  const where = setting.line === null ? '' : `, line ${setting.line}`;
  return setting.source === 'environment' ? `${setting.variables.join(', ')}${where}` : setting.source === 'default' ? 'default' : `document${where}`;
}

function row(setting) {
  return make('tr', {}, cell(make('code', {}, setting.path), 'long'), cell(setting.secret ? pill('secret', '') : make('code', {}, setting.value ?? 'none'), 'long'), cell(origin(setting), setting.source === 'default' ? 'soft' : null));
}

function draw() {
  const part = find('#choose').elements.part.value.trim().toLowerCase();
  const found = settings.filter(setting => setting.path.toLowerCase().includes(part));
  const rows = found.slice(0, mostRows).map(row);
  if (found.length > mostRows) {
    rows.push(emptyRow(3, `${found.length - mostRows} more. Type a part of the setting's name to find one.`));
  }
  const body = find('#settings tbody');
  body.removeAttribute('aria-busy');
  body.replaceChildren(...(rows.length ? rows : [emptyRow(3, settings.length ? 'No setting has this in its name.' : 'The document sets nothing.')]));
}

async function load() {
  const answer = await call(`/admin/v1/config?defaults=${find('#choose').elements.defaults.checked}`);
  settings = answer.settings;
  find('#generation').textContent = `Generation ${answer.generation}, from ${answer.origin}`;
  const problem = find('#document-problem');
  problem.hidden = !answer.problem;
  problem.textContent = answer.problem ? `The document has changed and cannot be taken; this is the last good one. ${answer.problem}` : '';
  draw();
}

async function check(form) {
  const answer = await call('/admin/v1/config/validate', { method: 'POST', text: form.elements.document.value });
  const rows = answer.errors.map(error => make('tr', {}, cell(String(error.line), 'number'), cell(make('code', {}, error.path || '–')), cell(error.message + (error.nearest ? ` Did you mean '${error.nearest}'?` : ''), 'text')));
  find('#verdict').replaceChildren(answer.valid
    ? make('p', { class: 'card' }, pill('good', 'good'), ' The gateway could take this document.')
    : make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Errors of the document' }, make('table', {},
      make('thead', {}, make('tr', {}, make('th', { scope: 'col', class: 'number' }, 'Line'), make('th', { scope: 'col' }, 'Setting'), make('th', { scope: 'col' }, 'What is wrong'))), make('tbody', {}, ...rows))));
}

export function configuration() {
  const form = find('#choose');
  form.addEventListener('submit', event => event.preventDefault());
  form.elements.part.addEventListener('input', draw);
  form.elements.defaults.addEventListener('change', () => attempt(load));
  find('#check').addEventListener('submit', event => {
    event.preventDefault();
    attempt(() => check(event.target));
  });
  attempt(load);
}
