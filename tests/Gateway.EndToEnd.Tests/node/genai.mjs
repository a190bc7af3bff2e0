import assert from 'node:assert/strict';
import { GoogleGenAI } from '@google/genai';
import { broken, clock, isPerson, key, narrowKey, noEmbeddings, person, png, run, story, thrown, url, weather } from './matrix.mjs';

const connect = (apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } });
const client = connect(key);
const declare = (...tools) => [{ functionDeclarations: tools.map((t) => ({ name: t.name, description: t.description, parametersJsonSchema: t.schema })) }];

async function roundTrip(model, tools, ask, expected) {
  const contents = [{ role: 'user', parts: [{ text: ask }] }];
  const config = { tools: declare(...tools) };
  const first = await client.models.generateContent({ model, contents, config });
  const calls = first.functionCalls ?? [];
  assert.deepEqual(calls.map((c) => c.name).sort(), expected);
  for (const call of calls) assert.equal(typeof call.args.city, 'string');
  contents.push(first.candidates[0].content);
  contents.push({ role: 'user', parts: calls.map((c) => ({ functionResponse: { id: c.id, name: c.name, response: { output: `result of ${c.name}` } } })) });
  const second = await client.models.generateContent({ model, contents, config });
  assert.equal(second.candidates[0].finishReason, 'STOP');
  assert.ok(second.text.length > 0);
}

await run('genai', {
  chat: async ({ model }) => {
    const answer = await client.models.generateContent({ model, contents: story, config: { systemInstruction: 'Be kind.' } });
    assert.ok(answer.text.length > 0);
    assert.equal(answer.candidates[0].finishReason, 'STOP');
    assert.ok(answer.usageMetadata.promptTokenCount > 0 && answer.usageMetadata.candidatesTokenCount > 0);
  },
  stream: async ({ model }) => {
    const plain = await client.models.generateContent({ model, contents: story });
    let text = '';
    let chunks = 0;
    let last = null;
    for await (const chunk of await client.models.generateContentStream({ model, contents: story })) {
      text += chunk.text ?? '';
      chunks++;
      last = chunk;
    }
    assert.ok(chunks > 3);
    assert.equal(text, plain.text);
    assert.equal(last.candidates[0].finishReason, 'STOP');
    assert.equal(last.usageMetadata.candidatesTokenCount, plain.usageMetadata.candidatesTokenCount);
  },
  length: async ({ model }) => {
    const answer = await client.models.generateContent({ model, contents: `${story} [sim tokens=50]`, config: { maxOutputTokens: 20 } });
    assert.equal(answer.candidates[0].finishReason, 'MAX_TOKENS');
  },
  tools: ({ model }) => roundTrip(model, [weather], 'call get_weather', ['get_weather']),
  parallel_tools: ({ model }) => roundTrip(model, [weather, clock], 'call get_weather and call get_time', ['get_time', 'get_weather']),
  stream_tools: async ({ model }) => {
    const names = [];
    for await (const chunk of await client.models.generateContentStream({ model, contents: 'call get_weather and call get_time', config: { tools: declare(weather, clock) } })) {
      for (const call of chunk.functionCalls ?? []) {
        names.push(call.name);
        assert.equal(typeof call.args.city, 'string');
      }
    }
    assert.deepEqual(names.sort(), ['get_time', 'get_weather']);
  },
  image: async ({ model }) => {
    const answer = await client.models.generateContent({ model, contents: [{ role: 'user', parts: [{ text: 'What is this?' }, { inlineData: { mimeType: 'image/png', data: png } }] }] });
    assert.ok(answer.usageMetadata.promptTokenCount > 85);
  },
  json_schema: async ({ model }) => {
    const answer = await client.models.generateContent({ model, contents: 'A person, as JSON.', config: { responseMimeType: 'application/json', responseJsonSchema: person } });
    isPerson(answer.text);
  },
  reasoning_shown: async ({ model, upstream }) => {
    const answer = await client.models.generateContent({ model, contents: `${story} [sim think=20]`, config: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } } });
    assert.ok(answer.text.length > 0);
    if (!['openai', 'azure'].includes(upstream)) assert.ok(answer.candidates[0].content.parts.some((p) => p.thought && p.text.length > 0), 'no thought part');
  },
  reasoning_hidden: async ({ model }) => {
    const answer = await client.models.generateContent({ model, contents: story, config: { thinkingConfig: { includeThoughts: false, thinkingBudget: 0 } } });
    assert.ok(!answer.candidates[0].content.parts.some((p) => p.thought));
  },
  embeddings: async ({ embed }) => {
    const answer = await client.models.embedContent({ model: embed, contents: ['a text', 'another'] });
    assert.equal(answer.embeddings.length, 2);
    assert.ok(answer.embeddings[0].values.length > 1);
  },
  count_tokens: async ({ model }) => {
    const counted = await client.models.countTokens({ model, contents: story });
    assert.ok(counted.totalTokens > 0);
  },
  models: async ({ model }) => {
    const names = [];
    for await (const entry of await client.models.list()) names.push(entry.name);
    assert.ok(names.includes(`models/${model}`));
    assert.equal((await client.models.get({ model })).name, `models/${model}`);
  },
  abort: async ({ model }) => {
    const controller = new AbortController();
    let chunks = 0;
    try {
      for await (const _ of await client.models.generateContentStream({ model, contents: '[sim tokens=1000 gap=20ms]', config: { abortSignal: controller.signal } })) {
        chunks++;
        controller.abort();
      }
    } catch { /* it throws */ }
    assert.ok(chunks > 0 && chunks < 1000);
  },
  errors: async ({ model }) => {
    for (const status of [400, 404, 429, 500]) {
      const error = await thrown(() => client.models.generateContent({ model: broken(model), contents: `[sim status=${status} retry_after=9]` }));
      assert.deepEqual([error.constructor.name, error.status], ['ApiError', status], error.message);
    }
    const overloaded = await thrown(() => client.models.generateContent({ model: broken(model), contents: '[sim status=529 retry_after=9]' }));
    assert.deepEqual([overloaded.constructor.name, overloaded.status], ['ApiError', 503]);
    assert.equal((await thrown(() => connect('bad-key').models.generateContent({ model, contents: story }))).status, 401);
    assert.equal((await thrown(() => connect(narrowKey).models.generateContent({ model, contents: story }))).status, 403);
  },
  broken_stream: async ({ model }) => {
    await thrown(async () => { for await (const _ of await client.models.generateContentStream({ model, contents: '[sim cut_after=3]' })) { /* to the end */ } });
  },
}, noEmbeddings);
