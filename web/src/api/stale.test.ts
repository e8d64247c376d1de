// @vitest-environment node
import { readFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

/** The whole document through the TypeScript compiler, on a busy machine. */
const GENERATING_MS = 120_000;

it('has types made from the document that the server is held to', async () => {
  const here = (name: string) => readFileSync(`${import.meta.dirname}/${name}`, 'utf8');
  const made = astToString(await openapiTS(JSON.parse(here('openapi.json'))));
  expect(here('schema.d.ts').endsWith(made), 'run `npm run schema` in web/').toBe(true);
}, GENERATING_MS);
