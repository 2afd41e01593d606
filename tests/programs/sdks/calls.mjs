// Calls through unmodified SDKs, all at once, each told and answered in JSON: as calls.py, which says the shapes.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const messages = [{ role: "user", content: "Say something." }];

const openai = {
  error: OpenAI.APIError,
  client: (told) => new OpenAI({ baseURL: told.base_url, apiKey: told.key, timeout: told.timeout * 1000 }),
  async ask(client, model, stream) {
    const answer = await client.chat.completions.create({ model, messages, stream });
    if (!stream) return answer.choices[0].message.content;
    let text = "";
    for await (const chunk of answer) for (const choice of chunk.choices) text += choice.delta.content ?? "";
    return text;
  },
  code: (error) => error.code,
};

const anthropic = {
  error: Anthropic.APIError,
  client: (told) =>
    new Anthropic({ baseURL: told.base_url.replace(/\/v1$/, ""), apiKey: told.key, timeout: told.timeout * 1000 }),
  async ask(client, model, stream) {
    const answer = await client.messages.create({ model, messages, max_tokens: 64, stream });
    if (!stream) return answer.content.map((block) => block.text).join("");
    let text = "";
    for await (const event of answer) if (event.type === "content_block_delta") text += event.delta.text;
    return text;
  },
  code: (error) => error.error?.error?.code,
};

async function end(sdk, client, call) {
  try {
    return { id: call.id, answer: await sdk.ask(client, call.model, call.stream) };
  } catch (error) {
    const typed = error instanceof sdk.error;
    const name = typed ? error.constructor.name : `untyped.${error.constructor.name}`;
    const code = typed ? sdk.code(error) : undefined;
    return { id: call.id, error: { class: name, status: error.status ?? null, code: code ?? null, message: error.message } };
  }
}

let input = "";
for await (const part of process.stdin) input += part;
const told = JSON.parse(input);
const sdk = { openai, anthropic }[told.sdk];
const client = sdk.client(told);
await Promise.all(told.calls.map(async (call) => console.log(JSON.stringify(await end(sdk, client, call)))));
