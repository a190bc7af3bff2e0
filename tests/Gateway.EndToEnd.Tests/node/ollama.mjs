import assert from 'node:assert/strict';
import { Ollama } from 'ollama';
import { broken, clock, isPerson, key, narrowKey, noEmbeddings, person, png, run, story, thrown, url, weather } from './matrix.mjs';

const connect = (secret) => new Ollama({ host: url, headers: { Authorization: `Bearer ${secret}` } });
const client = connect(key);
const user = (content, more) => [{ role: 'user', content, ...more }];
const tool = (t) => ({ type: 'function', function: { name: t.name, description: t.description, parameters: t.schema } });

async function roundTrip(model, tools, ask, expected) {
  const messages = user(ask);
  const first = await client.chat({ model, messages, tools });
  const calls = first.message.tool_calls ?? [];
  assert.deepEqual(calls.map((c) => c.function.name).sort(), expected);
  for (const call of calls) assert.equal(typeof call.function.arguments.city, 'string');
  messages.push(first.message);
  for (const call of calls) messages.push({ role: 'tool', tool_name: call.function.name, content: `result of ${call.function.name}` });
  const second = await client.chat({ model, messages, tools });
  assert.equal(second.done_reason, 'stop');
  assert.ok(second.message.content.length > 0);
}

await run('ollama', {
  chat: async ({ model }) => {
    const answer = await client.chat({ model, messages: [{ role: 'system', content: 'Be kind.' }, ...user(story)] });
    assert.ok(answer.done && answer.message.content.length > 0);
    assert.equal(answer.done_reason, 'stop');
    assert.ok(answer.prompt_eval_count > 0 && answer.eval_count > 0);
  },
  stream: async ({ model }) => {
    const plain = await client.chat({ model, messages: user(story) });
    let text = '';
    let chunks = 0;
    let last = null;
    for await (const part of await client.chat({ model, messages: user(story), stream: true })) {
      text += part.message.content;
      chunks++;
      last = part;
    }
    assert.ok(chunks > 3 && last.done);
    assert.equal(text, plain.message.content);
    assert.equal(last.eval_count, plain.eval_count);
  },
  generate: async ({ model }) => {
    const answer = await client.generate({ model, prompt: story });
    assert.ok(answer.done && answer.response.length > 0);
  },
  length: async ({ model }) => {
    const answer = await client.chat({ model, messages: user(`${story} [sim tokens=50]`), options: { num_predict: 20 } });
    assert.equal(answer.done_reason, 'length');
    assert.equal(answer.eval_count, 20);
  },
  tools: ({ model }) => roundTrip(model, [tool(weather)], 'call get_weather', ['get_weather']),
  parallel_tools: ({ model }) => roundTrip(model, [tool(weather), tool(clock)], 'call get_weather and call get_time', ['get_time', 'get_weather']),
  image: async ({ model }) => {
    const answer = await client.chat({ model, messages: user('What is this?', { images: [png] }) });
    assert.ok(answer.prompt_eval_count > 85);
  },
  json_schema: async ({ model }) => {
    const answer = await client.chat({ model, messages: user('A person, as JSON.'), format: person });
    isPerson(answer.message.content);
  },
  reasoning_shown: async ({ model, upstream }) => {
    const answer = await client.chat({ model, messages: user(`${story} [sim think=20]`), think: true });
    assert.ok(answer.message.content.length > 0);
    if (!['openai', 'azure'].includes(upstream)) assert.ok(answer.message.thinking?.length > 0, 'no thinking');
  },
  reasoning_hidden: async ({ model }) => {
    const answer = await client.chat({ model, messages: user(story), think: false });
    assert.ok(!answer.message.thinking);
  },
  embeddings: async ({ embed }) => {
    const answer = await client.embed({ model: embed, input: ['a text', 'another'] });
    assert.equal(answer.embeddings.length, 2);
    assert.ok(answer.embeddings[0].length > 1);
  },
  models: async ({ model }) => {
    const names = (await client.list()).models.map((m) => m.name);
    assert.ok(names.includes(model) || names.includes(`${model}:latest`), names.join());
  },
  abort: async ({ model }) => {
    const stream = await client.chat({ model, messages: user('[sim tokens=1000 gap=20ms]'), stream: true });
    let chunks = 0;
    try {
      for await (const _ of stream) if (++chunks > 1) stream.abort();
    } catch { /* it throws */ }
    assert.ok(chunks > 1 && chunks < 1000);
  },
  errors: async ({ model }) => {
    for (const status of [400, 404, 429, 500]) {
      const error = await thrown(() => client.chat({ model: broken(model), messages: user(`[sim status=${status} retry_after=9]`) }));
      assert.deepEqual([error.name, error.status_code], ['ResponseError', status], error.message);
    }
    assert.equal((await thrown(() => client.chat({ model: broken(model), messages: user('[sim status=529 retry_after=9]') }))).status_code, 503);
    assert.equal((await thrown(() => connect('bad-key').chat({ model, messages: user(story) }))).status_code, 401);
    assert.equal((await thrown(() => connect(narrowKey).chat({ model, messages: user(story) }))).status_code, 403);
  },
  broken_stream: async ({ model }) => {
    await thrown(async () => { for await (const _ of await client.chat({ model, messages: user('[sim cut_after=3]'), stream: true })) { /* to the end */ } });
  },
}, noEmbeddings);
