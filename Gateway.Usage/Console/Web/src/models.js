import { attempt, call, everySeconds } from './api.js';
import { cell, count, emptyRow, find, make, milliseconds, pill, when } from './dom.js';

const kinds = { closed: 'good', recovering: 'warn', half_open: 'warn', open: 'bad' };
const words = { closed: 'healthy', recovering: 'recovering', half_open: 'trying', open: 'open' };
const credentialKinds = { usable: 'good', busy: 'good', limited: 'warn', resting: 'warn', open: 'bad', quarantined: 'bad' };

function credential(one) {
  const left = one.quota_left === null || one.quota_left === undefined ? '' : ` ${Math.round(one.quota_left * 100)} %`;
  const until = one.until ? `, until ${when(one.until)}` : '';
  return make('span', { class: `pill ${credentialKinds[one.state] ?? ''}`, title: `${one.in_flight} running${until}` }, `${one.label}: ${one.state}${left}`);
}

function row(one) {
  const reason = one.state === 'closed' || !one.reason || one.reason === 'none' ? '' : ` ${one.reason.replaceAll('_', ' ')}${one.open_until ? `, until ${when(one.open_until)}` : ''}`;
  return make('tr', {},
    cell(make('a', { href: `/console/requests?deployment=${encodeURIComponent(one.id)}` }, one.id), 'name', one.id),
    cell((one.models ?? []).map(model => model.model).join(', '), 'name', (one.models ?? []).map(model => `${model.model}: order ${model.order}, weight ${model.weight}`).join('\n')),
    cell([pill(words[one.state] ?? one.state, kinds[one.state] ?? ''), reason]),
    cell(`${((one.error_share ?? 0) * 100).toFixed(1)} %`, 'number'), cell(milliseconds(one.ttft_ms), 'number'), cell(one.tokens_per_second === null ? '–' : count(Math.round(one.tokens_per_second)), 'number'),
    cell(count(one.in_flight), 'number'), cell(count(one.queue?.waiting ?? 0), 'number'),
    cell(one.credentials?.length ? one.credentials.map(credential) : '–', 'pills'));
}

async function show(background) {
  const answer = await call('/admin/v1/deployments', { background });
  const body = find('#deployments tbody');
  body.removeAttribute('aria-busy');
  body.replaceChildren(...(answer.deployments.length ? answer.deployments.map(row) : [emptyRow(9, 'The document has no deployments. Add providers and models to it.')]));
  const away = answer.routers.filter(router => router.state !== 'ready').length;
  find('#routers').textContent = `${answer.routers.length - away} of ${answer.routers.length} Router${answer.routers.length === 1 ? '' : 's'} answered`;
}

export function models() {
  attempt(() => show(false));
  everySeconds(5, () => attempt(() => show(true)));
}
