import { attempt, call } from './api.js';
import { button, cell, count, dollars, emptyRow, find, make, pill } from './dom.js';

const limitNames = { requests_per_minute: 'requests/min', requests_per_hour: 'requests/h', requests_per_day: 'requests/day', tokens_per_minute: 'tokens/min', tokens_per_hour: 'tokens/h', tokens_per_day: 'tokens/day', concurrency: 'at once' };
const numbers = ['requests_per_minute', 'tokens_per_minute', 'concurrency'];
let spent = new Map();
let next = null;
let edited = null;

const budgetsOf = key => key.budgets ?? (key.budget ? [key.budget] : []);
const isOver = key => key.expires && new Date(key.expires) <= new Date();

function limits(key) {
  const shown = Object.entries(key.limits ?? {}).filter(([, value]) => typeof value !== 'object').map(([name, value]) => `${count(value)} ${limitNames[name] ?? name.replaceAll('_', ' ')}`);
  return shown.length ? shown.join(', ') : 'none';
}

function budget(key) {
  return budgetsOf(key).map(one => `$${one.usd} a ${one.window ?? 'month'}${one.mode === 'soft' ? ' (soft)' : ''}`).join(', ') || 'none';
}

function state(key) {
  return key.disabled ? pill('disabled', 'bad') : isOver(key) ? pill('expired', 'warn') : pill('active', 'good');
}

function row(key) {
  const own = key.source === 'runtime';
  const actions = [button('Left', () => attempt(() => standing(key)))];
  if (own) {
    actions.push(button('Edit', () => edit(key)));
    actions.push(button(key.disabled ? 'Enable' : 'Disable', () => attempt(() => change(key, { disabled: !key.disabled }))));
    actions.push(button('New secret', () => attempt(() => rotate(key))));
    actions.push(button('Delete', () => attempt(() => remove(key))));
  } else {
    actions.push(make('span', { class: 'soft', title: 'Keys of the document are changed in the document.' }, 'in the document'));
  }
  return make('tr', { 'data-id': key.id },
    cell(make('a', { href: `/console/requests?key=${encodeURIComponent(key.id)}` }, key.id), 'name', key.id), cell(state(key)), cell(key.team ?? '–', 'name'), cell((key.models ?? []).join(', '), 'name', (key.models ?? []).join('\n')),
    cell(limits(key), 'name', limits(key)), cell(budget(key)), cell(dollars(spent.get(key.id) ?? 0), 'number'), cell(actions, 'actions'));
}

async function list(isMore) {
  const parameters = new URLSearchParams({ limit: '100' });
  for (const [name, value] of new FormData(find('#search'))) {
    if (value.trim()) {
      parameters.set(name, value.trim());
    }
  }
  if (isMore) {
    parameters.set('cursor', next);
  }
  const page = await call(`/admin/v1/keys?${parameters}`);
  const body = find('#keys tbody');
  body.removeAttribute('aria-busy');
  const rows = page.keys.map(row);
  if (isMore) {
    body.append(...rows);
  } else {
    body.replaceChildren(...(rows.length ? rows : [emptyRow(8, 'No keys. Make one with “New key”.')]));
  }
  next = page.next;
  find('#more').hidden = next === null;
}

async function sums() {
  const now = new Date();
  const month = `${now.getUTCFullYear()}-${String(now.getUTCMonth() + 1).padStart(2, '0')}-01`;
  const report = await call(`/admin/v1/usage?group=key&from=${month}`);
  spent = new Map(report.groups.map(group => [group.key, group.cost_nano_usd]));
}

async function change(key, members) {
  await call(`/admin/v1/keys/${encodeURIComponent(key.id)}`, { method: 'PATCH', body: { ...members, version: key.version } });
  await list(false);
}

async function rotate(key) {
  if (await sure(`Give ${key.id} a new secret?`, 'The old one goes on for 24 hours, so that clients can be changed.', 'New secret')) {
    const made = await call(`/admin/v1/keys/${encodeURIComponent(key.id)}/rotate`, { method: 'POST', body: { overlap: '24h', version: key.version } });
    await list(false);
    showSecret(made);
  }
}

async function remove(key) {
  if (await sure(`Delete ${key.id}?`, 'Its clients are refused from now on. What it spent stays in the ledger.', 'Delete')) {
    await call(`/admin/v1/keys/${encodeURIComponent(key.id)}`, { method: 'DELETE' });
    await list(false);
  }
}

function sure(title, text, yes) {
  const dialog = find('#sure');
  find('#sure-title').textContent = title;
  find('#sure-text').textContent = text;
  find('#sure-yes').textContent = yes;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}

function showSecret(key) {
  find('#secret-title').textContent = `The secret of ${key.id}`;
  find('#secret-text').value = key.secret;
  find('#copy').textContent = 'Copy';
  find('#secret').showModal();
  find('#secret-text').select();
}

/** What is left of limits and budgets, as the explanation of a request says it. */
async function standing(key) {
  const model = (key.models ?? []).find(name => !name.includes('*')) ?? 'any';
  const answer = await call('/admin/v1/explain', { method: 'POST', body: { key: key.id, request: { model, messages: [{ role: 'user', content: 'x' }] } } });
  const { limits: rules = [], budgets = [] } = answer.edge ?? {};
  const lines = [
    ...rules.map(rule => [`${rule.scope} ${rule.owner}`, `${rule.unit}${rule.window_seconds ? ` in ${rule.window_seconds} s` : ''}${rule.models ? ` of ${rule.models}` : ''}`, `${count(rule.remaining)} now, ${count(rule.limit)} in all`]),
    ...budgets.map(one => [`${one.scope} ${one.owner}`, `${one.mode} budget a ${one.window}`, `$${one.remaining_usd ?? '?'} of $${one.limit_usd}${one.resets_at ? `, new on ${one.resets_at.slice(0, 10)}` : ''}`]),
  ];
  find('#standing-title').textContent = `What is left for ${key.id}`;
  find('#standing-body').replaceChildren(lines.length
    ? make('table', {}, make('tbody', {}, ...lines.map(line => make('tr', {}, ...line.map(text => cell(text))))))
    : make('p', { class: 'soft' }, 'The key has no limits and no budgets, and neither have its team, user and organisation.'));
  find('#standing').showModal();
}

function edit(key) {
  edited = key;
  const form = find('#editor-form');
  form.reset();
  find('#editor-title').textContent = key ? `Key ${key.id}` : 'New key';
  find('#editor-problem').hidden = true;
  const fields = form.elements;
  fields.id.disabled = key !== null;
  if (key) {
    fields.id.value = key.id;
    fields.team.value = key.team ?? '';
    fields.models.value = (key.models ?? []).join('\n');
    fields.expires.value = key.expires?.slice(0, 10) ?? '';
    for (const name of numbers) {
      fields[name].value = key.limits?.[name] ?? '';
    }
    const [first] = budgetsOf(key);
    fields.usd.value = first?.usd ?? '';
    fields.window.value = first?.window ?? 'month';
    fields.mode.value = first?.mode ?? 'hard';
  }
  // Several budgets, or a window that the form has not, are the API's business.
  const isPlain = !key || (budgetsOf(key).length <= 1 && fields.window.value !== '');
  form.querySelector('fieldset').disabled = !isPlain;
  form.querySelector('fieldset').title = isPlain ? '' : 'This key has budgets that only the admin API can change.';
  find('#editor').showModal();
}

function members(form) {
  const fields = form.elements;
  const body = { models: fields.models.value.split(/[\n,]/).map(name => name.trim()).filter(name => name) };
  const put = (name, value) => {
    if (value !== null || edited) {
      body[name] = value;
    }
  };
  put('team', fields.team.value.trim() || null);
  put('expires', fields.expires.value || null);
  const measures = {};
  for (const name of numbers) {
    const value = fields[name].value.trim();
    if (value || edited?.limits?.[name] !== undefined) {
      measures[name] = value ? Number(value) : null;
    }
  }
  if (Object.keys(measures).length) {
    body.limits = measures;
  }
  if (!form.querySelector('fieldset').disabled) {
    const usd = fields.usd.value.trim();
    if (usd || edited?.budget) {
      body.budget = usd ? { usd: Number(usd), window: fields.window.value, mode: fields.mode.value } : null;
    }
  }
  return body;
}

async function save(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const problem = find('#editor-problem');
  try {
    const body = members(form);
    let made;
    if (edited) {
      await call(`/admin/v1/keys/${encodeURIComponent(edited.id)}`, { method: 'PATCH', body: { ...body, version: edited.version } });
    } else {
      const id = form.elements.id.value.trim();
      made = await call('/admin/v1/keys', { method: 'POST', body: id ? { id, ...body } : body });
    }
    find('#editor').close();
    await attempt(() => list(false));
    if (made) {
      showSecret(made);
    }
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

export function keys() {
  find('#create').addEventListener('click', () => edit(null));
  find('#editor-form').addEventListener('submit', save);
  find('#more').addEventListener('click', () => attempt(() => list(true)));
  find('#search').addEventListener('submit', event => {
    event.preventDefault();
    attempt(() => list(false));
  });
  find('#copy').addEventListener('click', async () => {
    find('#secret-text').select();
    await navigator.clipboard?.writeText(find('#secret-text').value).catch(() => {});
    find('#copy').textContent = navigator.clipboard ? 'Copied' : 'Press Ctrl+C';
  });
  find('#secret').addEventListener('close', () => {
    find('#secret-text').value = '';
  });
  for (const close of document.querySelectorAll('[data-close]')) {
    close.addEventListener('click', () => close.closest('dialog').close());
  }
  attempt(async () => {
    await sums().catch(() => {});
    await list(false);
  });
}
