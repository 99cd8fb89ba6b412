// Replaces every built file by its gzip. fflate is plain JavaScript, so the
// bytes depend neither on Node's zlib nor on the processor; mtime 0 is "none".
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'fflate';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
let files = 0, before = 0, after = 0;

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  const plain = readFileSync(path);
  const packed = gzipSync(plain, { level: 9, mtime: 0 });
  writeFileSync(`${path}.gz`, packed);
  rmSync(path);
  files++, before += plain.length, after += packed.length;
}
console.log(`${files} files, ${before} bytes, ${after} gzipped`);
