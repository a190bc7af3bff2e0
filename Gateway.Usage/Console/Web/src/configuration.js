import { attempt, call } from './api.js';
import { cell, emptyRow, find, make, pill } from './dom.js';
import { editor } from './document.js';
import { versions } from './versions.js';

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
  find('#generation').textContent = `${answer.version === null ? '' : `Version ${answer.version}, `}generation ${answer.generation}, from ${answer.origin}`;
  const problem = find('#document-problem');
  problem.hidden = !answer.problem;
  problem.textContent = answer.problem ? `The document has changed and cannot be taken; this is the last good one. ${answer.problem}` : '';
  draw();
}

export function configuration() {
  const form = find('#choose');
  form.addEventListener('submit', event => event.preventDefault());
  form.elements.part.addEventListener('input', draw);
  form.elements.defaults.addEventListener('change', () => attempt(load));
  for (const close of document.querySelectorAll('[data-close]')) {
    close.addEventListener('click', () => close.closest('dialog').close());
  }
  const parts = { settings: load };
  const renew = () => attempt(async () => {
    for (const part of Object.values(parts)) {
      await part();
    }
  });
  parts.versions = versions(renew);
  parts.document = editor(renew);
  renew();
}
