'use strict';

const storageName = 'gateway-admin-key';
const pageSize = 50;
const element = id => document.getElementById(id);
let cursor = null;

class Refused extends Error {}

async function report(path, parameters) {
  const query = new URLSearchParams(parameters);
  const response = await fetch(`${path}?${query}`, { headers: { authorization: `Bearer ${sessionStorage.getItem(storageName)}` }, cache: 'no-store' });
  if (response.ok) {
    return response.json();
  }
  const body = await response.json().catch(() => null);
  throw response.status === 401
    ? new Refused('This is not the admin key of this gateway.')
    : new Error(body?.error?.message ?? `The gateway answered ${response.status}.`);
}

const whole = new Intl.NumberFormat('en');
const when = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const count = value => whole.format(value);

function dollars(nano) {
  const usd = nano / 1e9;
  return '$' + usd.toFixed(usd === 0 || usd >= 1 ? 2 : usd >= 1e-5 ? 6 : 9);
}

function cell(tag, text, kind, title) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) {
    made.className = kind;
  }
  if (title) {
    made.title = title;
  } else if (kind === 'name') {
    made.title = text;    // long ones are cut
  }
  return made;
}

function row(tag, cells) {
  const made = document.createElement('tr');
  made.append(...cells.map(([text, kind, title]) => cell(tag, text, kind, title)));
  return made;
}

function fill(table, head, rows) {
  const top = document.createElement('thead');
  top.append(row('th', head));
  const body = document.createElement('tbody');
  body.append(...rows);
  if (rows.length === 0) {
    const none = cell('td', 'Nothing yet', 'none');
    none.colSpan = head.length;
    const line = document.createElement('tr');
    line.append(none);
    body.append(line);
  }
  table.replaceChildren(top, body);
}

function showTotals(total) {
  const figures = [['Requests', count(total.requests)], ['Input tokens', count(total.input_tokens)], ['Output tokens', count(total.output_tokens)], ['Cost', dollars(total.cost_nano_usd)]];
  element('totals').replaceChildren(...figures.map(([name, value]) => {
    const card = cell('div', '', 'card');
    card.append(cell('span', name), cell('strong', value));
    return card;
  }));
}

function showGroups(table, name, groups, member) {
  const sorted = groups.toSorted((a, b) => b.cost_nano_usd - a.cost_nano_usd || b.requests - a.requests);
  fill(table, [[name], ['Requests', 'number'], ['Input', 'number'], ['Output', 'number'], ['Cost', 'number']], sorted.map(group => row('td', [
    [group[member], 'name'], [count(group.requests), 'number'], [count(group.input_tokens), 'number'], [count(group.output_tokens), 'number'], [dollars(group.cost_nano_usd), 'number'],
  ])));
}

function attemptLine(attempt) {
  const end = attempt.failure || attempt.ending;
  return `${attempt.number}. ${attempt.deployment}${attempt.hedge ? ' (hedge)' : ''}: ${attempt.upstream_status || '?'} ${end.replaceAll('_', ' ')}, ${count(attempt.duration_ms)} ms, ${dollars(attempt.cost_nano_usd)}`;
}

function requestRow(request) {
  const good = request.ending === 'completed';
  return row('td', [
    [when.format(new Date(request.time))], [request.key, 'name'], [request.model, 'name'], [request.deployment, 'name'],
    [`${request.status || '?'} ${request.ending.replaceAll('_', ' ')}`, good ? 'good' : 'bad'],
    [request.stream ? 'stream' : 'plain'], [count(request.input_tokens), 'number'], [count(request.output_tokens), 'number'],
    [(request.estimated ? '~' : '') + dollars(request.cost_nano_usd), 'number'], [count(request.attempt_count), 'number', request.attempts.map(attemptLine).join('\n')],
    [count(request.duration_ms), 'number'],
  ]);
}

function span() {
  const days = Number(element('span').value);
  return days === 0 ? {} : { from: Math.floor(Date.now() / 1000) - days * 86400 };
}

async function showRequests(older) {
  const page = await report('/admin/v1/requests', { limit: pageSize, ...span(), ...(older ? { cursor } : {}) });
  const rows = page.requests.map(requestRow);
  const table = element('requests');
  if (older) {
    table.tBodies[0].append(...rows);
  } else {
    fill(table, [['Time'], ['Key'], ['Model'], ['Deployment'], ['End'], ['Kind'], ['Input', 'number'], ['Output', 'number'], ['Cost', 'number'], ['Attempts', 'number'], ['ms', 'number']], rows);
  }
  cursor = page.next;
  element('more').hidden = cursor === null;
}

async function showAll() {
  const [models, keys] = await Promise.all([
    report('/admin/v1/usage', { group: 'model', ...span() }),
    report('/admin/v1/usage', { group: 'key', ...span() }),
    showRequests(false),
  ]);
  showTotals(models.total);
  showGroups(element('models'), 'Model', models.groups, 'model');
  showGroups(element('keys'), 'Key', keys.groups, 'key');
}

function open(isOpen) {
  element('door').hidden = isOpen;
  element('reports').hidden = !isOpen;
  element('tools').hidden = !isOpen;
  if (!isOpen) {
    element('key').focus();
  }
}

async function attempt(work) {
  const problem = element('problem');
  try {
    await work();
    problem.hidden = true;
    open(true);
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    if (error instanceof Refused) {
      sessionStorage.removeItem(storageName);
      open(false);
    }
  }
}

element('door').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem(storageName, element('key').value.trim());
  element('key').value = '';
  attempt(showAll);
});
element('leave').addEventListener('click', () => {
  sessionStorage.removeItem(storageName);
  element('problem').hidden = true;
  open(false);
});
element('refresh').addEventListener('click', () => attempt(showAll));
element('span').addEventListener('change', () => attempt(showAll));
element('more').addEventListener('click', () => attempt(() => showRequests(true)));

if (sessionStorage.getItem(storageName)) {
  attempt(showAll);
} else {
  open(false);
}
