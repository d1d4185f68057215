// The official client of MCP in JavaScript, which checks what a tool gives against its output schema.
import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [url] = process.argv.slice(2);
const image = "data:image/png;base64," + readFileSync(0, "utf8");
const tell = (name, told) => console.log(JSON.stringify({ name, told }));

const client = new Client({ name: "conformance", version: "1" });
await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
const { tools } = await client.listTools();
tell("output schemas", tools.every((tool) => tool.outputSchema?.type === "object"));
const seen = [];
const options = { onprogress: (progress) => seen.push(progress) };
const asked = { request: "Read the text in the picture and show its outlines.", resources: [image] };
const made = await client.callTool({ name: "hugginggpt", arguments: asked }, undefined, options);
tell("the graph", made.structuredContent.answer);
tell("progress", seen);
const read = await client.callTool({ name: "image-to-text", arguments: { image } });
tell("a task", read.content[0].text);
const drawn = await client.callTool({ name: "canny-control", arguments: { image } });
tell("a picture", drawn.content.map((block) => block.type));
await client.close();
