import document from '../api/openapi.json';

type Schemas = Record<string, { enum?: string[] }>;

/** Every value of one of the server's closed words, from the document that its own tests hold to the code. */
export function wordsOf(name: string): string[] {
  const words = (document.components.schemas as Schemas)[name]?.enum;
  if (words === undefined) throw new Error(`the document has no words called ${name}`);
  return words;
}
