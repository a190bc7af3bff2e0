import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { broken, clock, isPerson, key, narrowKey, person, png, run, story, thrown, url, weather } from './matrix.mjs';

const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
const user = (content) => [{ role: 'user', content }];
const tool = (t) => ({ name: t.name, description: t.description, input_schema: t.schema });
const text = (message) => message.content.filter((b) => b.type === 'text').map((b) => b.text).join('');
const classes = { 400: 'BadRequestError', 404: 'NotFoundError', 429: 'RateLimitError', 500: 'InternalServerError', 529: 'OverloadedError' };

async function roundTrip(model, tools, ask, expected) {
  const messages = user(ask);
  const first = await client.messages.create({ model, max_tokens: 500, messages, tools });
  assert.equal(first.stop_reason, 'tool_use');
  const calls = first.content.filter((b) => b.type === 'tool_use');
  assert.deepEqual(calls.map((c) => c.name).sort(), expected);
  for (const call of calls) assert.equal(typeof call.input.city, 'string');
  messages.push({ role: 'assistant', content: first.content });
  messages.push({ role: 'user', content: calls.map((c) => ({ type: 'tool_result', tool_use_id: c.id, content: `result of ${c.name}` })) });
  const second = await client.messages.create({ model, max_tokens: 500, messages, tools });
  assert.equal(second.stop_reason, 'end_turn');
  assert.ok(text(second).length > 0);
}

await run('anthropic', {
  chat: async ({ model }) => {
    const answer = await client.messages.create({ model, max_tokens: 500, system: 'Be kind.', messages: user(story) });
    assert.equal(answer.type, 'message');
    assert.ok(text(answer).length > 0);
    assert.equal(answer.stop_reason, 'end_turn');
    assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
  },
  stream: async ({ model }) => {
    const plain = await client.messages.create({ model, max_tokens: 500, messages: user(story) });
    const stream = client.messages.stream({ model, max_tokens: 500, messages: user(story) });
    let deltas = 0;
    stream.on('text', () => deltas++);
    const final = await stream.finalMessage();
    assert.ok(deltas > 3);
    assert.equal(text(final), text(plain));
    assert.equal(final.stop_reason, 'end_turn');
    assert.equal(final.usage.output_tokens, plain.usage.output_tokens);
    assert.equal(final.usage.input_tokens, plain.usage.input_tokens);
  },
  length: async ({ model }) => {
    const answer = await client.messages.create({ model, max_tokens: 20, messages: user(`${story} [sim tokens=50]`) });
    assert.equal(answer.stop_reason, 'max_tokens');
    assert.equal(answer.usage.output_tokens, 20);
  },
  tools: ({ model }) => roundTrip(model, [tool(weather)], 'call get_weather', ['get_weather']),
  parallel_tools: ({ model }) => roundTrip(model, [tool(weather), tool(clock)], 'call get_weather and call get_time', ['get_time', 'get_weather']),
  stream_tools: async ({ model }) => {
    const final = await client.messages.stream({ model, max_tokens: 500, messages: user('call get_weather and call get_time'), tools: [tool(weather), tool(clock)] }).finalMessage();
    assert.equal(final.stop_reason, 'tool_use');
    const calls = final.content.filter((b) => b.type === 'tool_use');
    assert.deepEqual(calls.map((c) => c.name).sort(), ['get_time', 'get_weather']);
    for (const call of calls) assert.equal(typeof call.input.city, 'string');
  },
  image: async ({ model }) => {
    const content = [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }, { type: 'text', text: 'What is this?' }];
    const answer = await client.messages.create({ model, max_tokens: 500, messages: user(content) });
    assert.ok(answer.usage.input_tokens > 85);
  },
  json_schema: async ({ model }) => {
    const answer = await client.messages.create({ model, max_tokens: 500, messages: user('A person, as JSON.'), output_config: { format: { type: 'json_schema', schema: person } } });
    isPerson(text(answer));
  },
  reasoning_shown: async ({ model, upstream }) => {
    const answer = await client.messages.create({ model, max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 }, messages: user(`${story} [sim think=20]`) });
    assert.ok(text(answer).length > 0);
    if (!['openai', 'azure'].includes(upstream)) assert.ok(answer.content.some((b) => b.type === 'thinking' && b.thinking.length > 0), 'no thinking block');
    assert.ok(answer.usage.output_tokens >= 20);
  },
  reasoning_hidden: async ({ model }) => {
    const answer = await client.messages.create({ model, max_tokens: 500, thinking: { type: 'disabled' }, messages: user(story) });
    assert.ok(!answer.content.some((b) => b.type === 'thinking'));
  },
  count_tokens: async ({ model }) => {
    const counted = await client.messages.countTokens({ model, messages: user(story) });
    assert.ok(counted.input_tokens > 0);
  },
  models: async ({ model }) => {
    const ids = [];
    for await (const entry of client.models.list()) ids.push(entry.id);
    assert.ok(ids.includes(model));
    assert.equal((await client.models.retrieve(model)).id, model);
  },
  abort: async ({ model }) => {
    let events = 0;
    for await (const event of await client.messages.create({ model, max_tokens: 2000, stream: true, messages: user('[sim tokens=1000 gap=20ms]') })) {
      if (event.type === 'content_block_delta' && ++events > 1) break;
    }
    assert.ok(events > 1);
  },
  errors: async ({ model }) => {
    for (const [status, name] of Object.entries(classes)) {
      const error = await thrown(() => client.messages.create({ model: broken(model), max_tokens: 50, messages: user(`[sim status=${status} retry_after=9]`) }));
      assert.equal(error.constructor.name, name, `status ${status}: ${error.message}`);
    }
    const bad = await thrown(() => new Anthropic({ baseURL: url, apiKey: 'bad-key', maxRetries: 0 }).messages.create({ model, max_tokens: 5, messages: user(story) }));
    assert.equal(bad.constructor.name, 'AuthenticationError');
    const forbidden = await thrown(() => new Anthropic({ baseURL: url, apiKey: narrowKey, maxRetries: 0 }).messages.create({ model, max_tokens: 5, messages: user(story) }));
    assert.equal(forbidden.constructor.name, 'PermissionDeniedError');
  },
  broken_stream: async ({ model }) => {
    const error = await thrown(() => client.messages.stream({ model, max_tokens: 500, messages: user('[sim cut_after=3]') }).finalMessage());
    assert.ok(error instanceof Anthropic.APIError || error instanceof Anthropic.AnthropicError, error.constructor.name);
  },
});
