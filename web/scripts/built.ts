// What a plugin that works on the finished build needs to know of it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedConfig } from 'vite';

export const folderOf = ({ root, build }: ResolvedConfig): string => join(root, build.outDir);

/** All files in it, by their paths below it, with slashes. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/'));
}
