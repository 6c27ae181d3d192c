// Writes src/api/types.ts from the server's OpenAPI document; with --check it only says whether the file is fresh.
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

const from = new URL("../../crates/server/src/api/openapi.yaml", import.meta.url);
const to = new URL("../src/api/types.ts", import.meta.url);
const { components } = parse(readFileSync(from, "utf8"));

const typeOf = (schema, indent) => {
  if (!schema || Object.keys(schema).length === 0) return "unknown";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map((part) => typeOf(part, indent)).join(" | ");
  if (schema.allOf) return schema.allOf.map((part) => typeOf(part, indent)).join(" & ");
  if (Array.isArray(schema.type))
    return schema.type.map((type) => typeOf({ ...schema, type }, indent)).join(" | ");
  switch (schema.type) {
    case "integer":
      return "number";
    case "number":
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "array": {
      const items = typeOf(schema.items, indent);
      return items.includes(" ") && !items.startsWith("{") ? `(${items})[]` : `${items}[]`;
    }
  }
  if (schema.properties) return objectOf(schema, indent);
  if (schema.additionalProperties) return `Record<string, ${typeOf(schema.additionalProperties, indent)}>`;
  return schema.type === "object" ? "Record<string, unknown>" : "unknown";
};

const objectOf = ({ properties, required = [] }, indent) => {
  const inner = `${indent}  `;
  const field = ([name, schema]) => {
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
    // What an envelope is refined with is always there.
    const optional = required.includes(name) || (indent === "" && name === "data") ? "" : "?";
    return `${inner}${key}${optional}: ${typeOf(schema, inner)};\n`;
  };
  return `{\n${Object.entries(properties).map(field).join("")}${indent}}`;
};

const parts = Object.entries(components.schemas).map(([name, schema]) => {
  const about = schema.description ? `/** ${schema.description} */\n` : "";
  return `${about}export type ${name} = ${typeOf(schema, "")};\n`;
});
const text = `// Generated from the server's openapi.yaml by scripts/api-types.mjs; do not edit.\n\n${parts.join("\n")}`;

if (process.argv.includes("--check")) {
  if (readFileSync(to, "utf8") !== text) {
    console.error("src/api/types.ts is not what openapi.yaml says: run `npm run types`");
    process.exit(1);
  }
} else {
  writeFileSync(to, text);
}
