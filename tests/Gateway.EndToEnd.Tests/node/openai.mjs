import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { broken, clock, isPerson, key, narrowKey, noEmbeddings, person, png, run, statuses, story, thrown, url, weather } from './matrix.mjs';

const baseURL = `${url}/v1`;
const client = new OpenAI({ baseURL, apiKey: key, maxRetries: 0 });
const user = (content) => [{ role: 'user', content }];
const tool = (t) => ({ type: 'function', function: { name: t.name, description: t.description, parameters: t.schema } });
const classes = { 400: 'BadRequestError', 404: 'NotFoundError', 429: 'RateLimitError', 500: 'InternalServerError', 529: 'InternalServerError' };

async function collect(stream) {
  const seen = { text: '', reasoning: '', calls: [], finish: null, usage: null, chunks: 0 };
  for await (const chunk of stream) {
    seen.chunks++;
    seen.usage = chunk.usage ?? seen.usage;
    const choice = chunk.choices[0];
    if (!choice) continue;
    seen.text += choice.delta.content ?? '';
    seen.reasoning += choice.delta.reasoning_content ?? '';
    for (const call of choice.delta.tool_calls ?? []) {
      const entry = (seen.calls[call.index] ??= { id: '', name: '', arguments: '' });
      entry.id += call.id ?? '';
      entry.name += call.function?.name ?? '';
      entry.arguments += call.function?.arguments ?? '';
    }
    if (choice.finish_reason) {
      assert.equal(seen.finish, null, 'two finish reasons');
      seen.finish = choice.finish_reason;
    }
  }
  return seen;
}

async function roundTrip(model, tools, ask, expected) {
  const messages = user(ask);
  const first = await client.chat.completions.create({ model, messages, tools });
  assert.equal(first.choices[0].finish_reason, 'tool_calls');
  const calls = first.choices[0].message.tool_calls;
  assert.deepEqual(calls.map((c) => c.function.name).sort(), expected);
  assert.equal(new Set(calls.map((c) => c.id)).size, expected.length);
  for (const call of calls) assert.equal(typeof JSON.parse(call.function.arguments).city, 'string');
  messages.push(first.choices[0].message);
  for (const call of calls) messages.push({ role: 'tool', tool_call_id: call.id, content: `result of ${call.function.name}` });
  const second = await client.chat.completions.create({ model, messages, tools });
  assert.equal(second.choices[0].finish_reason, 'stop');
  assert.ok(second.choices[0].message.content.length > 0);
}

await run('openai', {
  chat: async ({ model }) => {
    const answer = await client.chat.completions.create({ model, messages: [{ role: 'system', content: 'Be kind.' }, ...user(story)] });
    assert.equal(answer.object, 'chat.completion');
    assert.ok(answer.choices[0].message.content.length > 0);
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  },
  stream: async ({ model }) => {
    const plain = await client.chat.completions.create({ model, messages: user(story), seed: 7 });
    const seen = await collect(await client.chat.completions.create({ model, messages: user(story), seed: 7, stream: true, stream_options: { include_usage: true } }));
    assert.ok(seen.chunks > 3);
    assert.equal(seen.text, plain.choices[0].message.content);
    assert.equal(seen.finish, 'stop');
    assert.equal(seen.usage.completion_tokens, plain.usage.completion_tokens);
  },
  length: async ({ model }) => {
    const answer = await client.chat.completions.create({ model, messages: user(`${story} [sim tokens=50]`), max_tokens: 20 });
    assert.equal(answer.choices[0].finish_reason, 'length');
    assert.equal(answer.usage.completion_tokens, 20);
  },
  tools: ({ model }) => roundTrip(model, [tool(weather)], 'call get_weather', ['get_weather']),
  parallel_tools: ({ model }) => roundTrip(model, [tool(weather), tool(clock)], 'call get_weather and call get_time', ['get_time', 'get_weather']),
  stream_tools: async ({ model }) => {
    const seen = await collect(await client.chat.completions.create({ model, messages: user('call get_weather and call get_time'), tools: [tool(weather), tool(clock)], stream: true }));
    assert.equal(seen.finish, 'tool_calls');
    assert.deepEqual(seen.calls.map((c) => c.name).sort(), ['get_time', 'get_weather']);
    for (const call of seen.calls) assert.equal(typeof JSON.parse(call.arguments).city, 'string');
  },
  image: async ({ model }) => {
    const content = [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }];
    const answer = await client.chat.completions.create({ model, messages: user(content) });
    assert.ok(answer.usage.prompt_tokens > 85);
  },
  json_schema: async ({ model }) => {
    const answer = await client.chat.completions.create({ model, messages: user('A person, as JSON.'), response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: person } } });
    isPerson(answer.choices[0].message.content);
  },
  reasoning_shown: async ({ model, upstream }) => {
    const answer = await client.chat.completions.create({ model, messages: user(`${story} [sim think=20]`), reasoning_effort: 'high' });
    assert.ok(answer.choices[0].message.content.length > 0);
    if (!['openai', 'azure', 'responses'].includes(upstream)) assert.ok(answer.choices[0].message.reasoning_content?.length > 0, 'no reasoning_content');
    assert.ok(answer.usage.completion_tokens >= 20, 'reasoning is not counted');
  },
  reasoning_hidden: async ({ model }) => {
    const answer = await client.chat.completions.create({ model, messages: user(story), reasoning_effort: 'none' });
    assert.ok(!answer.choices[0].message.reasoning_content);
    assert.ok(answer.choices[0].message.content.length > 0);
  },
  embeddings: async ({ embed }) => {
    const one = await client.embeddings.create({ model: embed, input: 'a text' });
    const two = await client.embeddings.create({ model: embed, input: ['a text', 'another'], encoding_format: 'float' });
    assert.ok(one.data[0].embedding.length > 1);
    assert.equal(two.data.length, 2);
    for (let i = 0; i < one.data[0].embedding.length; i++) assert.ok(Math.abs(one.data[0].embedding[i] - two.data[0].embedding[i]) < 1e-6);
  },
  models: async ({ model }) => {
    const ids = [];
    for await (const entry of await client.models.list()) ids.push(entry.id);
    assert.ok(ids.includes(model));
    assert.equal((await client.models.retrieve(model)).id, model);
  },
  abort: async ({ model }) => {
    const controller = new AbortController();
    let chunks = 0;
    try {
      for await (const _ of await client.chat.completions.create({ model, stream: true, messages: user('[sim tokens=1000 gap=20ms]') }, { signal: controller.signal })) {
        chunks++;
        controller.abort();
      }
    } catch { /* some versions throw, some end */ }
    assert.ok(chunks > 0 && chunks < 1000);
  },
  errors: async ({ model }) => {
    for (const status of statuses) {
      const error = await thrown(() => client.chat.completions.create({ model: broken(model), messages: user(`[sim status=${status} retry_after=9]`) }));
      assert.equal(error.constructor.name, classes[status], `status ${status}: ${error.message}`);
    }
    const bad = await thrown(() => new OpenAI({ baseURL, apiKey: 'bad-key', maxRetries: 0 }).chat.completions.create({ model, messages: user(story) }));
    assert.equal(bad.constructor.name, 'AuthenticationError');
    const forbidden = await thrown(() => new OpenAI({ baseURL, apiKey: narrowKey, maxRetries: 0 }).chat.completions.create({ model, messages: user(story) }));
    assert.equal(forbidden.constructor.name, 'PermissionDeniedError');
  },
  broken_stream: async ({ model }) => {
    const error = await thrown(async () => collect(await client.chat.completions.create({ model, stream: true, messages: user('[sim cut_after=3]') })));
    assert.ok(error instanceof OpenAI.APIError, error.constructor.name);
  },
  completions: async ({ model }) => {
    const answer = await client.completions.create({ model, prompt: story });
    assert.equal(answer.object, 'text_completion');
    assert.ok(answer.choices[0].text.length > 0);
  },
}, noEmbeddings);

const items = async (stream) => {
  const seen = { text: '', types: [], last: null };
  for await (const event of stream) {
    assert.equal(event.sequence_number, seen.types.length, `sequence number of ${event.type}`);
    seen.types.push(event.type);
    if (event.type === 'response.output_text.delta') seen.text += event.delta;
    seen.last = event;
  }
  return seen;
};
const flat = (t) => ({ type: 'function', name: t.name, description: t.description, parameters: t.schema, strict: false });

await run('openai-responses', {
  chat: async ({ model }) => {
    const answer = await client.responses.create({ model, instructions: 'Be kind.', input: story });
    assert.equal(answer.status, 'completed');
    assert.ok(answer.output_text.length > 0);
    assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
  },
  stream: async ({ model }) => {
    const plain = await client.responses.create({ model, input: story });
    const seen = await items(await client.responses.create({ model, input: story, stream: true }));
    assert.equal(seen.text, plain.output_text);
    assert.equal(seen.last.type, 'response.completed');
    assert.equal(seen.last.response.usage.output_tokens, plain.usage.output_tokens);
    for (const type of ['response.created', 'response.output_item.added', 'response.content_part.added', 'response.output_text.done', 'response.content_part.done', 'response.output_item.done']) {
      assert.ok(seen.types.includes(type), `no ${type}`);
    }
  },
  tools: async ({ model }) => {
    const input = [{ role: 'user', content: 'call get_weather and call get_time' }];
    const tools = [flat(weather), flat(clock)];
    const first = await client.responses.create({ model, input, tools });
    const calls = first.output.filter((item) => item.type === 'function_call');
    assert.deepEqual(calls.map((c) => c.name).sort(), ['get_time', 'get_weather']);
    input.push(...first.output);
    for (const call of calls) input.push({ type: 'function_call_output', call_id: call.call_id, output: `result of ${call.name}` });
    const second = await client.responses.create({ model, input, tools });
    assert.ok(second.output_text.length > 0);
  },
  image: async ({ model }) => {
    const content = [{ type: 'input_text', text: 'What is this?' }, { type: 'input_image', image_url: `data:image/png;base64,${png}`, detail: 'auto' }];
    const answer = await client.responses.create({ model, input: [{ role: 'user', content }] });
    assert.ok(answer.usage.input_tokens > 85);
  },
  json_schema: async ({ model }) => {
    const answer = await client.responses.create({ model, input: 'A person, as JSON.', text: { format: { type: 'json_schema', name: 'person', strict: true, schema: person } } });
    isPerson(answer.output_text);
  },
  previous_response: async ({ model }) => {
    const first = await client.responses.create({ model, input: 'My name is Ada.' });
    const second = await client.responses.create({ model, input: '[sim echo] What is my name?', previous_response_id: first.id });
    assert.ok(second.usage.input_tokens > first.usage.input_tokens + first.usage.output_tokens, 'the history was not sent');
  },
  errors: async ({ model }) => {
    for (const status of statuses) {
      const error = await thrown(() => client.responses.create({ model: broken(model), input: `[sim status=${status} retry_after=9]` }));
      assert.equal(error.constructor.name, classes[status], `status ${status}: ${error.message}`);
    }
  },
  abort: async ({ model }) => {
    let events = 0;
    const stream = await client.responses.create({ model, stream: true, input: '[sim tokens=1000 gap=20ms]' });
    for await (const event of stream) if (event.type === 'response.output_text.delta' && ++events > 1) break;
    assert.ok(events > 1);
  },
});
