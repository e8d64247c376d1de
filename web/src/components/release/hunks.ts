/** Where in two texts of YAML something differs, named by the path of its first line. */
export type Hunk = { path: string; line: number };

const LINE = /^( *)((?:- +)*)(?:("[^"]*"|'[^']*'|[^\s#:][^:]*):(?:\s|$))?/;

/** The path of a line, from the keys and list items above it: `spec.containers[0].image`. Block style only, as the server writes it. */
export function yamlPath(lines: readonly string[], index: number): string {
  const parts: string[] = [];
  // What stands further left than these is a parent.
  let [key, dash] = [Infinity, Infinity];
  for (let at = index; at >= 0 && key > 0; at -= 1) {
    const found = LINE.exec(lines[at] ?? '');
    if (found === null || (lines[at] ?? '').trim() === '') continue;
    const [, indent = '', dashes = '', name] = found;
    const [dashAt, keyAt] = [indent.length, indent.length + dashes.length];
    if (name !== undefined && keyAt < key && (dashes === '' || dashAt < dash)) {
      parts.unshift(name.replace(/^["']|["']$/g, ''));
      [key, dash] = [keyAt, Math.min(dash, keyAt)];
    }
    if (dashes !== '' && dashAt < dash) {
      parts.unshift(`[${place(lines, at, dashAt)}]`);
      // A list may stand as far left as its key.
      [key, dash] = [dashAt + 1, dashAt];
    }
  }
  return parts.join('.').replaceAll('.[', '[');
}

/** The how-manieth item of its list this line begins. */
function place(lines: readonly string[], index: number, column: number): number {
  let before = 0;
  for (let at = index - 1; at >= 0; at -= 1) {
    const text = lines[at] ?? '';
    const indent = text.length - text.trimStart().length;
    if (text.trim() === '' || indent > column) continue;
    if (indent < column || !text.trimStart().startsWith('- ')) break;
    before += 1;
  }
  return before;
}
