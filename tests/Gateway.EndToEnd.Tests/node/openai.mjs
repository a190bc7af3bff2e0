// Prints one JSON object with what the npm client saw; NodeSdkTests.cs asserts on it.
import OpenAI from 'openai';

const baseURL = process.env.GATEWAY_URL + '/v1';
const client = new OpenAI({ baseURL, apiKey: process.env.GATEWAY_KEY, maxRetries: 0 });
const messages = [{ role: 'user', content: 'Tell me a story.' }];

const chat = await client.chat.completions.create({ model: 'gpt-4o', messages });

let streamed = '';
let finish = null;
for await (const chunk of await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true })) {
  streamed += chunk.choices[0]?.delta?.content ?? '';
  finish = chunk.choices[0]?.finish_reason ?? finish;
}

const embedding = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'a text' });

const models = [];
for await (const model of await client.models.list()) models.push(model.id);
const model = await client.models.retrieve('gpt-4o');

const errors = {};
const attempt = async (name, call) => {
  try { await call(); errors[name] = null; } catch (e) { errors[name] = { type: e.constructor.name, status: e.status, code: e.code }; }
};
await attempt('bad_key', () => new OpenAI({ baseURL, apiKey: 'bad-key', maxRetries: 0 }).chat.completions.create({ model: 'gpt-4o', messages }));
await attempt('forbidden', () => new OpenAI({ baseURL, apiKey: 'rig-narrow-key', maxRetries: 0 }).chat.completions.create({ model: 'gpt-4o', messages }));
await attempt('bad_request', () => client.chat.completions.create({ model: 'gpt-4o', messages: 'no list' }));
await attempt('upstream_429', () => client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: '[sim status=429 retry_after=2]' }] }));
await attempt('upstream_500', () => client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: '[sim status=500]' }] }));
await attempt('broken_stream', async () => {
  const stream = await client.chat.completions.create({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: '[sim cut_after=3]' }] });
  for await (const _ of stream) { /* read to the end */ }
});

// Abort in mid-stream: the client stops, the upstream must notice.
const controller = new AbortController();
let aborted = false;
try {
  const stream = await client.chat.completions.create(
    { model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: '[sim tokens=1000 gap=20ms]' }] },
    { signal: controller.signal });
  for await (const _ of stream) controller.abort();
} catch { /* some versions throw, some end */ }
aborted = controller.signal.aborted;

console.log(JSON.stringify({
  text: chat.choices[0].message.content,
  usage: chat.usage,
  streamed,
  finish,
  dimensions: embedding.data[0].embedding.length,
  models,
  model: model.id,
  errors,
  aborted,
}));
