// What useStream and agent-chat-ui do: ask with approval, approve without a context, read the thread again.
import { Client } from "@langchain/langgraph-sdk";

const [apiUrl, apiKey] = process.argv.slice(2);
const client = new Client({ apiUrl, apiKey });
const { thread_id: thread } = await client.threads.create();
const options = { streamMode: ["values"], streamSubgraphs: true, streamResumable: true, onDisconnect: "continue" };

async function last(input) {
  let values;
  for await (const part of client.runs.stream(thread, "hugginggpt", { ...options, ...input })) {
    if (part.event === "error") throw new Error(part.data.message);
    if (part.event.startsWith("values")) values = part.data;
  }
  return values;
}

const messages = [{ type: "human", content: 'Summarize "0 s"' }];
const asked = await last({ input: { messages }, context: { approve_plan: true } });
console.log(asked.__interrupt__ ? "interrupted" : "not asked");
const made = await last({ input: {}, command: { resume: { decisions: [{ type: "approve" }] } } });
console.log(made.results[0].text);
const state = await client.threads.getState(thread);
console.log(state.values.messages.map((message) => message.type).join());
