import assert from 'node:assert/strict';
import { generateText, streamText, generateObject, embed, tool, jsonSchema, stepCountIs } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOllama } from 'ollama-ai-provider-v2';
import { broken, clock, key, narrowKey, noEmbeddings, person, png, run, showsNothing, statuses, story, thrown, url, weather } from './matrix.mjs';

// It prints its warnings where the results go.
globalThis.AI_SDK_LOG_WARNINGS = false;

const tools = Object.fromEntries([weather, clock].map((t) => [t.name, tool({ description: t.description, inputSchema: jsonSchema(t.schema), execute: async () => `result of ${t.name}` })]));

const checks = (make, overloaded = 503) => ({
  chat: async ({ model }) => {
    const { text, usage, finishReason } = await generateText({ model: make(model), system: 'Be kind.', prompt: story, maxRetries: 0 });
    assert.ok(text.length > 0);
    assert.equal(finishReason, 'stop');
    assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0);
  },
  stream: async ({ model }) => {
    const plain = await generateText({ model: make(model), prompt: story, maxRetries: 0 });
    const result = streamText({ model: make(model), prompt: story, maxRetries: 0 });
    let text = '';
    let chunks = 0;
    for await (const piece of result.textStream) {
      text += piece;
      chunks++;
    }
    assert.ok(chunks > 3);
    assert.equal(text, plain.text);
    assert.equal(await result.finishReason, 'stop');
  },
  parallel_tools: async ({ model }) => {
    const { text, steps } = await generateText({ model: make(model), prompt: 'call get_weather and call get_time', tools, stopWhen: stepCountIs(3), maxRetries: 0 });
    assert.deepEqual(steps[0].toolCalls.map((c) => c.toolName).sort(), ['get_time', 'get_weather']);
    assert.ok(text.length > 0);
  },
  image: async ({ model }) => {
    const content = [{ type: 'text', text: 'What is this?' }, { type: 'image', image: png, mediaType: 'image/png' }];
    const { usage } = await generateText({ model: make(model), messages: [{ role: 'user', content }], maxRetries: 0 });
    assert.ok(usage.inputTokens > 85);
  },
  json_schema: async ({ model }) => {
    const { object } = await generateObject({ model: make(model), prompt: 'A person, as JSON.', schema: jsonSchema(person), maxRetries: 0 });
    assert.equal(typeof object.name, 'string');
  },
  errors: async ({ model }) => {
    for (const status of statuses) {
      const error = await thrown(() => generateText({ model: make(broken(model)), prompt: `[sim status=${status} retry_after=9]`, maxRetries: 0 }));
      assert.equal(error.statusCode, status === 529 ? overloaded : status, error.message);
    }
    for (const [secret, status] of [['bad-key', 401], [narrowKey, 403]]) {
      const error = await thrown(() => generateText({ model: make(model, secret), prompt: story, maxRetries: 0 }));
      assert.equal(error.statusCode, status, error.message);
    }
  },
  abort: async ({ model }) => {
    const controller = new AbortController();
    const result = streamText({ model: make(model), prompt: '[sim tokens=1000 gap=20ms]', maxRetries: 0, abortSignal: controller.signal, onError: () => {} });
    let chunks = 0;
    try {
      for await (const _ of result.textStream) {
        chunks++;
        controller.abort();
      }
    } catch { /* some versions throw, some end */ }
    assert.ok(chunks > 0 && chunks < 1000);
  },
});
/** Reasoning shown when it is asked for, in the library's own way for each protocol, and none when it is not. */
const reasoning = (make, providerOptions) => ({
  reasoning_shown: async ({ model, upstream }) => {
    const { text, reasoningText, usage } = await generateText({ model: make(model), prompt: `${story} [sim think=20]`, maxOutputTokens: 4000, providerOptions, maxRetries: 0 });
    assert.ok(text.length > 0);
    assert.ok(usage.outputTokens >= 20, 'reasoning is not counted');
    if (!showsNothing.includes(upstream)) assert.ok(reasoningText?.length > 0, 'no reasoning');
  },
  reasoning_hidden: async ({ model }) => {
    const { text, reasoningText } = await generateText({ model: make(model), prompt: story, maxRetries: 0 });
    assert.ok(text.length > 0);
    assert.ok(!reasoningText);
  },
});
const embedding = (make) => ({
  embeddings: async ({ embed: model }) => {
    const { embedding: vector } = await embed({ model: make(model), value: 'a text', maxRetries: 0 });
    assert.ok(vector.length > 1);
  },
});

const openai = (apiKey = key) => createOpenAI({ baseURL: `${url}/v1`, apiKey });
const anthropic = (apiKey = key) => createAnthropic({ baseURL: `${url}/v1`, apiKey });
const google = (apiKey = key) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey });
const ollama = (secret = key) => createOllama({ baseURL: `${url}/api`, headers: { Authorization: `Bearer ${secret}` } });
await run('ai-openai', { ...checks((model, secret) => openai(secret).chat(model)), ...embedding((model) => openai().textEmbeddingModel(model)) }, noEmbeddings);
await run('ai-openai-responses', {
  ...checks((model, secret) => openai(secret).responses(model)),
  ...reasoning((model) => openai().responses(model), { openai: { forceReasoning: true, reasoningEffort: 'high', reasoningSummary: 'auto' } }),
});
// For models that it does not know this library wants JSON through a forced tool, which Ollama has no word for.
await run('ai-anthropic', {
  ...checks((model, secret) => anthropic(secret)(model), 529),
  ...reasoning((model) => anthropic()(model), { anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } } }),
}, { ollama: ['json_schema'] });
await run('ai-google', {
  // A name with a slash is a whole path to this library.
  ...checks((model, secret) => google(secret)(model.includes('/') ? `models/${model}` : model)),
  ...reasoning((model) => google()(model), { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } } }),
  ...embedding((model) => google().textEmbeddingModel(model)),
}, noEmbeddings);
await run('ai-ollama', {
  ...checks((model, secret) => ollama(secret)(model)),
  ...reasoning((model) => ollama()(model), { ollama: { think: true } }),
  ...embedding((model) => ollama().textEmbeddingModel(model)),
}, noEmbeddings);
