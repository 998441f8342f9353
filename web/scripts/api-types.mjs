// Reads the API's description on stdin and writes its types on stdout (`make types`).
import { text } from "node:stream/consumers";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const description = JSON.parse(await text(process.stdin));

/** Names of the schemas that requests are made of. */
function requestSchemas() {
  const bodies = Object.values(description.paths)
    .flatMap((path) => Object.values(path))
    .map((operation) => JSON.stringify(operation.requestBody ?? {}))
    .join();
  return new Set([...bodies.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name));
}

const requests = requestSchemas();
const numeric = ts.factory.createTypeReferenceNode("Numeric");

const types = await openapiTS(description, {
  defaultNonNullable: false,
  inject: "/** A number as the answer's text has it: nothing is rounded (src/lib/exact-json.ts). */\nexport type Numeric = string;\n",
  transform(schema, { path }) {
    const name = /^#\/components\/schemas\/(\w+)/.exec(path ?? "")?.[1];
    const isNumber = schema.type === "number" || schema.type === "integer";
    return isNumber && name !== undefined && !requests.has(name) ? numeric : undefined;
  },
});

process.stdout.write(`// Written by \`make types\` from the service's own description.\n${astToString(types)}`);
