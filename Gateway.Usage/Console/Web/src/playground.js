import { attempt, call, refusal } from './api.js';
import { cell, count, dollars, figure, find, make, milliseconds } from './dom.js';

let running = null;

async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    text += value;
    const lines = text.split(/\r\n|\r|\n/);
    text = lines.pop();
    for (const line of lines) {
      if (line.startsWith('data:')) {
        yield line.slice(5).trim();
      }
    }
  }
}

function bodyOf(fields) {
  const system = fields.system.value.trim();
  return {
    model: fields.model.value.trim(),
    messages: [...(system ? [{ role: 'system', content: system }] : []), { role: 'user', content: fields.message.value }],
    ...(fields.max.value.trim() ? { max_tokens: Number(fields.max.value) } : {}),
    ...(fields.stream.checked ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

async function ask(fields) {
  running = new AbortController();
  const began = performance.now();
  const took = { first: null, whole: null, usage: null, cost: null };
  // With the key alone: never with the operator's cookie.
  const response = await fetch('/v1/chat/completions', {
    method: 'POST', credentials: 'omit', signal: running.signal, body: JSON.stringify(bodyOf(fields)),
    headers: { authorization: `Bearer ${fields.key.value.trim()}`, 'content-type': 'application/json' },
  });
  const text = find('#text');
  text.textContent = '';
  find('#result').hidden = false;
  find('#headers tbody').replaceChildren(...[...response.headers].filter(([name]) => /^(x-|retry|server-timing|content-type)/.test(name)).map(([name, value]) => make('tr', {}, make('th', { scope: 'row' }, name), cell(value))));
  const draw = () => find('#figures').replaceChildren(
    figure('Status', String(response.status), response.headers.get('x-gateway-deployment') ?? '', response.ok ? 'good' : 'bad'), figure('First content', milliseconds(took.first), ''), figure('Whole', milliseconds(took.whole), ''),
    figure('Tokens', took.usage ? `${count(took.usage.prompt_tokens)} in, ${count(took.usage.completion_tokens)} out` : '–', ''), figure('Cost', took.cost ?? '–', response.headers.get('x-gateway-cache') ? `cache: ${response.headers.get('x-gateway-cache')}` : ''));
  draw();
  if (!response.ok) {
    throw await refusal(response);
  }
  try {
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      for await (const data of events(response.body)) {
        if (data === '[DONE]') {
          break;
        }
        const part = JSON.parse(data);
        if (part.error) {
          throw new Error(part.error.message);
        }
        const content = part.choices?.[0]?.delta?.content;
        if (content) {
          took.first ??= performance.now() - began;
          text.append(content);
        }
        took.usage = part.usage ?? took.usage;
      }
    } else {
      const answer = await response.json();
      took.first = performance.now() - began;
      text.textContent = answer.choices?.[0]?.message?.content ?? JSON.stringify(answer, null, 2);
      took.usage = answer.usage;
    }
  } finally {
    took.whole = performance.now() - began;
    draw();
  }
  const said = response.headers.get('x-gateway-cost-usd');
  took.cost = said ? `$${said}` : await costOf(response.headers.get('x-gateway-request-id'), Math.floor(Date.now() / 1000 - took.whole / 1000 - 60));
  draw();
}

/** A stream's cost is known when it has ended: the ledger has it a moment later. */
async function costOf(id, began) {
  for (let i = 0; id && i < 12; i++) {
    await new Promise(resolve => setTimeout(resolve, 500));
    const page = await call(`/admin/v1/requests?limit=200&from=${began}`).catch(() => null);
    const own = page?.requests.find(request => request.id === id);
    if (own || !page) {
      return own ? dollars(own.cost_nano_usd) : null;
    }
  }
  return null;
}

async function models(key) {
  const response = await fetch('/v1/models', { credentials: 'omit', headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) {
    throw await refusal(response);
  }
  find('#known-models').replaceChildren(...(await response.json()).data.map(model => make('option', { value: model.id })));
}

export function playground() {
  const form = find('#ask');
  form.elements.key.addEventListener('change', event => event.target.value.trim() && attempt(() => models(event.target.value.trim())));
  find('#stop').addEventListener('click', () => running?.abort());
  form.addEventListener('submit', async event => {
    event.preventDefault();
    find('#stop').hidden = false;
    await attempt(() => ask(form.elements));
    find('#stop').hidden = true;
  });
}
