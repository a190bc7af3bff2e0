import assert from 'node:assert/strict';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { ChatAnthropic } from '@langchain/anthropic';
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { broken, clock, key, narrowKey, noEmbeddings, person, png, run, showsNothing, statuses, story, thrown, url, weather } from './matrix.mjs';

const tool = (t) => ({ type: 'function', function: { name: t.name, description: t.description, parameters: t.schema } });
const textOf = (message) => (typeof message.content === 'string' ? message.content : message.content.filter((b) => b.type === 'text').map((b) => b.text).join(''));

const checks = (make, overloaded) => ({
  chat: async ({ model }) => {
    const answer = await make(model).invoke([new SystemMessage('Be kind.'), new HumanMessage(story)]);
    assert.ok(textOf(answer).length > 0);
    assert.ok(answer.usage_metadata.input_tokens > 0 && answer.usage_metadata.output_tokens > 0);
  },
  stream: async ({ model }) => {
    const plain = await make(model).invoke([new HumanMessage(story)]);
    let all = null;
    let chunks = 0;
    for await (const chunk of await make(model).stream([new HumanMessage(story)])) {
      all = all === null ? chunk : all.concat(chunk);
      chunks++;
    }
    assert.ok(chunks > 3);
    assert.equal(textOf(all), textOf(plain));
    // The library adds the one token that every Anthropic stream names at its start to the true count at its end.
    assert.ok([0, 1].includes(all.usage_metadata.output_tokens - plain.usage_metadata.output_tokens));
  },
  parallel_tools: async ({ model }) => {
    const bound = make(model).bindTools([tool(weather), tool(clock)]);
    const messages = [new HumanMessage('call get_weather and call get_time')];
    const first = await bound.invoke(messages);
    assert.deepEqual(first.tool_calls.map((c) => c.name).sort(), ['get_time', 'get_weather']);
    messages.push(first, ...first.tool_calls.map((c) => new ToolMessage({ tool_call_id: c.id, content: `result of ${c.name}` })));
    assert.ok(textOf(await bound.invoke(messages)).length > 0);
  },
  image: async ({ model }) => {
    const content = [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }];
    const answer = await make(model).invoke([new HumanMessage({ content })]);
    assert.ok(answer.usage_metadata.input_tokens > 85);
  },
  json_schema: async ({ model }) => {
    const value = await make(model).withStructuredOutput({ ...person, title: 'person' }, { method: 'jsonSchema' }).invoke('A person, as JSON.');
    assert.equal(typeof value.name, 'string');
  },
  errors: async ({ model }) => {
    for (const status of statuses) {
      const error = await thrown(() => make(broken(model)).invoke([new HumanMessage(`[sim status=${status} retry_after=9]`)]));
      assert.equal(error.status ?? error.cause?.status, status === 529 ? overloaded : status, error.message);
    }
    for (const [secret, status] of [['bad-key', 401], [narrowKey, 403]]) {
      const error = await thrown(() => make(model, secret).invoke([new HumanMessage(story)]));
      assert.equal(error.status ?? error.cause?.status, status, error.message);
    }
  },
  abort: async ({ model }) => {
    const controller = new AbortController();
    let chunks = 0;
    try {
      for await (const _ of await make(model).stream([new HumanMessage('[sim tokens=1000 gap=20ms]')], { signal: controller.signal })) {
        chunks++;
        controller.abort();
      }
    } catch { /* it throws */ }
    assert.ok(chunks > 0 && chunks < 1000);
  },
});

const configuration = { baseURL: `${url}/v1` };
await run('langchain-openai', {
  ...checks((model, apiKey = key) => new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration }), 503),
  embeddings: async ({ embed }) => {
    const vectors = await new OpenAIEmbeddings({ model: embed, apiKey: key, maxRetries: 0, configuration }).embedDocuments(['a text', 'another']);
    assert.equal(vectors.length, 2);
  },
}, noEmbeddings);
const claude = (model, apiKey = key, more = {}) => new ChatAnthropic({ model, apiKey, maxRetries: 0, maxTokens: 500, anthropicApiUrl: url, ...more });
await run('langchain-anthropic', {
  ...checks(claude, 529),
  reasoning_shown: async ({ model, upstream }) => {
    const answer = await claude(model, key, { maxTokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } }).invoke([new HumanMessage(`${story} [sim think=20]`)]);
    assert.ok(textOf(answer).length > 0);
    if (!showsNothing.includes(upstream)) assert.ok(answer.content.some((block) => block.type === 'thinking' && block.thinking.length > 0), 'no thinking');
  },
  reasoning_hidden: async ({ model }) => {
    const answer = await claude(model).invoke([new HumanMessage(story)]);
    assert.ok(typeof answer.content === 'string' || !answer.content.some((block) => block.type === 'thinking'));
  },
});
