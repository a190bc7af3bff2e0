// Runs the checks of one client library against each upstream and prints a JSON line for each: NodeSdkTests.cs asserts on them.
import assert from 'node:assert/strict';

export const url = process.env.GATEWAY_URL;
export const key = process.env.GATEWAY_KEY;
export const narrowKey = process.env.GATEWAY_NARROW_KEY;
const upstreams = process.env.UPSTREAMS.split(',');
const only = process.env.ONLY ? new RegExp(process.env.ONLY) : null;

export const story = 'Tell me a story.';
export const weather = {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
};
export const clock = {
  name: 'get_time',
  description: 'The time of a city',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
};
export const person = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};
/** One red pixel. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

/** Directives of the Simulator (docs/simulator.md) for each error that every SDK has a class of its own for. */
export const statuses = [400, 404, 429, 500, 529];

export function isPerson(text) {
  const value = JSON.parse(text);
  assert.equal(typeof value.name, 'string');
  assert.ok(Number.isInteger(value.age));
}

/** Calls and keeps what was thrown; fails when nothing was. */
export async function thrown(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  assert.fail('nothing was thrown');
}

/**
 * @param library name in the results
 * @param checks feature -> async ({model, embed, upstream}) => void; throws when the feature does not work
 * @param without upstream -> features that it cannot have (no embeddings, say)
 */
export async function run(library, checks, without = {}) {
  for (const upstream of upstreams) {
    for (const [feature, check] of Object.entries(checks)) {
      if ((only && !only.test(`${library} ${upstream} ${feature}`)) || without[upstream]?.includes(feature)) continue;
      let failure = null;
      const context = { upstream, model: `chat-${upstream}`, embed: `embed-${upstream}` };
      try {
        await Promise.race([
          check(context),
          new Promise((_, reject) => setTimeout(() => reject(new Error('no end within 30 s')), 30_000).unref()),
        ]);
      } catch (error) {
        failure = `${error?.constructor?.name}: ${error?.message}`.slice(0, 1500);
        if (error?.code === 'ERR_ASSERTION') failure += ` (got ${JSON.stringify(error.actual)?.slice(0, 600)})`;
      }
      console.log(JSON.stringify({ library, upstream, feature, failure }));
    }
  }
}

/** Upstreams that have no embeddings at all. */
export const noEmbeddings = { anthropic: ['embeddings'], bedrock: ['embeddings'] };

/** Upstreams whose chat endpoint counts reasoning and shows none of it. */
export const showsNothing = ['openai', 'azure'];

let brokenModels = 0;

/** A model of the same upstream that no other check asks for: the gateway holds its failures against nothing that another one uses. */
export const broken = (model) => `${model.slice('chat-'.length)}/sim-broken-${process.pid}-${++brokenModels}`;
