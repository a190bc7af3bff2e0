import { attempt, call, refusal, send } from './api.js';
import { button, cell, emptyRow, find, make, pill, when } from './dom.js';
import { change, inForce, showChange } from './document.js';

const sources = { start: 'with a start', file: 'by the file', api: 'by the API', restore: 'restored' };
let next = null;
let chosen = null;

function came(version) {
  return version.author === 'console' && version.source === 'api' ? 'by the console' : sources[version.source] + (version.author === 'console' ? ', by the console' : '');
}

async function show(version) {
  const answer = await call(`/admin/v1/config/versions/${version.version}`);
  open(`Version ${version.version}`, 'Secrets are hidden; the same tag is the same secret.', [answer.document]);
}

async function compare(version) {
  const response = await send(`/admin/v1/config/versions/${version.version}/diff`);
  if (!response.ok) {
    throw await refusal(response);
  }
  const text = await response.text();
  const kinds = { '+': 'add', '-': 'del', '@': 'at' };
  open(`What version ${version.version} changed`, text ? 'Secrets are hidden; another tag is another secret.' : 'Nothing that can be seen.',
    text.trimEnd().split('\n').slice(2).map(line => make('span', { class: kinds[line[0]] }, `${line}\n`)));
}

function open(title, note, content) {
  find('#version-title').textContent = title;
  find('#version-note').textContent = note;
  find('#version-text').replaceChildren(...content);
  find('#version').showModal();
  find('#version-text').scrollTop = 0;
}

function ask(version) {
  chosen = version;
  find('#restore-title').textContent = `Restore version ${version.version}?`;
  find('#restore-problem').hidden = true;
  find('#restore-form').reset();
  find('#restore').showModal();
}

function row(version) {
  const actions = [button('View', () => attempt(() => show(version))), button('Changes', () => attempt(() => compare(version)))];
  if (!version.in_force) {
    actions.push(button('Restore', () => ask(version)));
  }
  return make('tr', { 'data-version': version.version },
    cell(String(version.version), 'number'), cell([make('time', { datetime: version.time, title: `${version.time.replace('T', ' ').replace(/\.\d+Z$/, '')} UTC` }, when(version.time)), ...(version.in_force ? [' ', pill('in force', 'good')] : [])]),
    cell(came(version)), cell(version.comment ?? '–', 'text'), cell(actions, 'actions'));
}

async function list(isMore) {
  const page = await call(`/admin/v1/config/versions?limit=20${isMore ? `&cursor=${next}` : ''}`);
  const body = find('#versions tbody');
  body.removeAttribute('aria-busy');
  const rows = page.versions.map(row);
  if (isMore) {
    body.append(...rows);
  } else {
    body.replaceChildren(...(rows.length ? rows : [emptyRow(5, 'No version is kept yet.')]));
  }
  next = page.next;
  find('#older').hidden = next === null;
}

async function restore(form, renew) {
  const problem = find('#restore-problem');
  const tell = text => {
    problem.textContent = text;
    problem.hidden = false;
  };
  try {
    const answer = await change(`/admin/v1/config/versions/${chosen.version}/restore`, 'POST', { tag: (await inForce()).tag, comment: form.elements.comment.value },
      errors => tell(`The gateway cannot take it any more: line ${errors[0].line}, ${errors[0].path}: ${errors[0].message}`));
    if (answer) {
      find('#restore').close();
      await renew();
      showChange(answer);
    }
  } catch (error) {
    tell(error.message);
  }
}

export function versions(renew) {
  find('#older').addEventListener('click', () => attempt(() => list(true)));
  find('#restore-form').addEventListener('submit', event => {
    event.preventDefault();
    restore(event.target, renew);
  });
  return () => list(false);
}
