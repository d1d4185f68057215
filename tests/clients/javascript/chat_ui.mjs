// The real useStream, given what the components of langchain-ai/agent-chat-ui (commit fdc87e6) give it: the options of
// providers/Stream.tsx, the messages of thread/index.tsx, the decisions of thread/agent-inbox, whose texts are edited.
import { Window } from "happy-dom";

const window = new Window();
Object.assign(globalThis, { window, document: window.document });
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });
const { createElement, useState } = (await import("react")).default;
const { createRoot } = await import("react-dom/client");
const { useStream } = await import("@langchain/langgraph-sdk/react");

const [apiUrl, assistantId, apiKey] = process.argv.slice(2);
const ASK = 'Classify the sentiment of "0 s a". Summarize "0 s b".';
const OPTIONS = { streamMode: ["values"], streamSubgraphs: true, streamResumable: true };
let stream;

function Chat() {
  const [threadId, setThreadId] = useState(null);
  const onCustomEvent = () => {};
  const asked = { apiUrl, apiKey, assistantId, threadId, fetchStateHistory: true, onCustomEvent, onThreadId: setThreadId };
  stream = useStream(asked);
  void [stream.messages, stream.interrupt, stream.values]; // what the page reads decides what the hook asks for
  return null;
}

async function until(what, done) {
  for (let tries = 0; tries < 600; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (stream?.error) throw stream.error;
    if (stream && done()) return;
  }
  throw new Error(`${what} did not come`);
}

async function submitted(...given) {
  stream.submit(...given);
  await until("the begin", () => stream.isLoading);
  await until("the end", () => !stream.isLoading);
}

const human = (text) => ({ id: crypto.randomUUID(), type: "human", content: [{ type: "text", text }] });
const say = (text) => submitted({ messages: [human(text)], context: undefined }, { ...OPTIONS });
const decide = (decision) => submitted({}, { command: { resume: { decisions: [decision] } } });
const checkpointBefore = (message) => stream.getMessagesMetadata(message)?.firstSeenState?.parent_checkpoint;

const lines = () => stream.messages.map((message) => `${message.type}: ${JSON.stringify(message.content)}`);
const done = () => stream.values.results.map((result) => `${result.task} ${result.status}`);
const tell = (name, told) => console.log(JSON.stringify({ name, told }));

async function chat(name, decision) {
  const root = createRoot(document.createElement("div"));
  root.render(createElement(Chat));
  await until("the page", () => stream && !stream.isLoading && stream.messages.length === 0);
  await say(ASK);
  const [action] = stream.interrupt.value.action_requests;
  tell(`${name}: asked`, [action.name, stream.interrupt.value.review_configs[0].allowed_decisions]);
  await decision(action);
  tell(name, { done: done(), asked: Boolean(stream.interrupt), last: lines().at(-1) });
  return root;
}

const approving = await chat("approve", () => decide({ type: "approve" }));
await submitted(undefined, { checkpoint: checkpointBefore(stream.messages.at(-1)), ...OPTIONS });
tell("regenerate", lines());
await submitted({ messages: [{ type: "human", content: 'Summarize "0 s c".' }] }, { checkpoint: checkpointBefore(stream.messages[0]), ...OPTIONS });
await decide({ type: "approve" });
tell("edit a message", lines());
approving.unmount();

const editing = await chat("edit", async ({ name, args }) => {
  const edited = JSON.stringify(args.tasks.slice(1)); // a text area holds text
  await decide({ type: "edit", edited_action: { name, args: { tasks: edited } } });
});
editing.unmount();

const mistaking = await chat("mistake", async ({ name }) => {
  await decide({ type: "edit", edited_action: { name, args: { tasks: "[{" } } });
  tell("told", stream.interrupt.value.action_requests[0].description);
  await decide({ type: "approve" });
});
mistaking.unmount();

const rejecting = await chat("reject", () => decide({ type: "reject", message: "Too dear." }));
rejecting.unmount();

const resolving = await chat("resolve", () => submitted({}, { command: { goto: "__end__" } }));
await say("Summarize \"0 s d\".");
await decide({ type: "approve" });
tell("after resolving", lines());
resolving.unmount();
process.exit(0);
