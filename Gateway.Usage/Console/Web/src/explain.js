import { attempt, call } from './api.js';
import { cell, find, make, pill } from './dom.js';

function summary(answer) {
  const would = answer.would ?? answer.decision;
  const isRefused = answer.decision === 'refused' || answer.error;
  const parts = [make('p', {}, pill(`would ${would.replaceAll('_', ' ')}`, isRefused ? 'bad' : 'good'), answer.error ? ` ${answer.error.status ?? ''} ${answer.error.code ?? ''}: ${answer.error.message ?? ''}` : '')];
  if (answer.choice?.deployment) {
    parts.push(make('p', {}, 'It would go to ', make('strong', {}, answer.choice.deployment), '.'));
  }
  return make('section', { class: 'card' }, make('h2', {}, 'The decision'), ...parts);
}

function group(one) {
  const rows = (one.candidates ?? []).map(candidate => make('tr', {},
    cell(candidate.deployment, 'name', candidate.deployment), cell(String(candidate.order ?? ''), 'number'),
    cell(candidate.excluded ? pill(candidate.excluded.reason.replaceAll('_', ' '), 'warn') : pill('may serve', 'good')), cell(candidate.excluded?.detail ?? '')));
  return make('section', {}, make('h2', {}, `${one.model} `, make('small', { class: 'soft' }, `${(one.strategy ?? '').replaceAll('_', ' ')}${one.reached === false ? ', not reached' : ''}`)),
    make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `Candidates of ${one.model}` }, make('table', {},
      make('thead', {}, make('tr', {}, ...['Deployment', 'Order', 'Says', 'Why'].map((text, i) => make('th', { scope: 'col', class: i === 1 ? 'number' : null }, text)))), make('tbody', {}, ...rows))));
}

async function explain(form) {
  const fields = form.elements;
  let request;
  try {
    request = JSON.parse(fields.request.value);
  } catch (error) {
    throw new Error(`The body is not valid JSON: ${error.message}`);
  }
  const key = fields.key.value.trim();
  const answer = await call('/admin/v1/explain', { method: 'POST', body: { ...(key ? { key } : {}), endpoint: fields.endpoint.value, request } });
  find('#answer').replaceChildren(summary(answer), ...(answer.groups ?? []).map(group),
    make('details', { class: 'card' }, make('summary', {}, 'Everything the gateway says'), make('pre', { tabindex: '0' }, JSON.stringify(answer, null, 2))));
}

export function explainPage() {
  find('#question').addEventListener('submit', event => {
    event.preventDefault();
    attempt(() => explain(event.currentTarget)).catch(() => {});
  });
  call('/admin/v1/keys?limit=200').then(page => find('#known-keys').replaceChildren(...page.keys.map(key => make('option', { value: key.id })))).catch(() => {});
}
