// Compiles MJML with npm's mjml: a line of JSON with the source comes in, one with the milliseconds goes out.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import mjml2html from "mjml";

const { version } = JSON.parse(readFileSync(new URL("../node_modules/mjml/package.json", import.meta.url)));
console.log(JSON.stringify({ version }));

for await (const line of createInterface({ input: process.stdin })) {
  const source = JSON.parse(line);
  const start = performance.now();
  const { html, errors } = await mjml2html(source);
  console.log(JSON.stringify({ milliseconds: performance.now() - start, bytes: html.length, errors: errors.length }));
}
