// OpenAI's own client and the AI SDK: an answer, a stream, tools of the client's own, a picture, a response.
import { readFileSync } from "node:fs";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, streamText, tool } from "ai";
import OpenAI from "openai";

const [url, ask] = process.argv.slice(2);
const model = "hugginggpt";
const picture = "data:image/png;base64," + readFileSync(0, "utf8");
const READ = "Read the text in this picture.";
const tell = (name, told) => console.log(JSON.stringify({ name, told }));

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
const parameters = { type: "object", properties: {} };
const tools = [{ type: "function", function: { name: "weather", parameters } }];
const messages = [{ role: "user", content: ask }];
const whole = await openai.chat.completions.create({ model, messages, tools });
tell("openai", whole.choices[0].message.content);
let words = "";
for await (const chunk of openai.chat.completions.stream({ model, messages, tools })) words += chunk.choices[0]?.delta?.content ?? "";
tell("openai, streamed", words);
tell("openai, a response", (await openai.responses.stream({ model, input: ask }).finalResponse()).output_text);

const provider = createOpenAICompatible({ name: model, baseURL: `${url}/v1`, apiKey: "none", includeUsage: true });
const own = { weather: tool({ inputSchema: jsonSchema(parameters), execute: async () => "sunny" }) };
tell("AI SDK", (await generateText({ model: provider(model), prompt: ask, tools: own })).text);
words = "";
for await (const piece of streamText({ model: provider(model), prompt: ask, tools: own }).textStream) words += piece;
tell("AI SDK, streamed", words);
const content = [{ type: "text", text: READ }, { type: "image", image: picture }];
tell("AI SDK, a picture", (await generateText({ model: provider(model), messages: [{ role: "user", content }] })).text);
