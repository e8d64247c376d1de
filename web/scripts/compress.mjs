// Packs what Vite left in dist, once and as small as it goes, so that the server never packs a file while somebody waits.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const TEXT = /\.(js|css|svg|json|txt)$/;
/** A packed file is kept only where it saves at least this share. */
const WORTH = 0.9;

let packed = 0;
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name) || entry.parentPath.includes('.vite')) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = readFileSync(path);
  const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  const gz = gzipSync(bytes, { level: 9 });
  for (const [ending, made] of [['br', br], ['gz', gz]]) {
    if (made.length > bytes.length * WORTH) continue;
    writeFileSync(`${path}.${ending}`, made);
    packed += 1;
  }
}
console.log(`packed: ${packed} files`);
