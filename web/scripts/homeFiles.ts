import { build, type InlineConfig, type Rolldown } from 'vite';

/** What each part begins with. These stay files of their own, by which the page's head and the router find them. */
const BEFORE = ['index.html', 'src/app/before.tsx'];
const HOME = ['index.html', 'src/app/app.tsx', 'src/features/feed/FeedPage.tsx'];
const STARTS_A_PART = /Page\.tsx$|src\/app\/(?:app|before|main)\.tsx$/;

/**
 * Home in two files instead of forty: what the log-in shares with it, and the rest. On a slow line each file waits for a
 * whole round trip, and browsers ask for six at a time. Which modules these are is known when the bundler has thrown out
 * what nobody uses, so the client is built once without writing it, and read from there.
 */
export async function homeFiles(config: InlineConfig): Promise<Rolldown.CodeSplittingGroup[]> {
  const built = await build({ ...config, configFile: false, logLevel: 'error', build: { ...config.build, write: false, minify: false, reportCompressedSize: false } });
  if (!('output' in built)) throw new Error('The client is built as one bundle.');
  const before = modulesOf(built.output, BEFORE);
  const home = modulesOf(built.output, HOME);
  const both = new Set([...home].filter((module) => before.has(module) && !STARTS_A_PART.test(module)));
  const rest = new Set([...home].filter((module) => !before.has(module) && !STARTS_A_PART.test(module)));
  return [
    { name: 'core', priority: 2, test: (module) => both.has(module) },
    { name: 'home', priority: 1, test: (module) => rest.has(module) },
  ];
}

/** All that is loaded at once with the files that these begin, without what nobody uses. */
function modulesOf(output: readonly (Rolldown.OutputChunk | Rolldown.OutputAsset)[], starts: readonly string[]): Set<string> {
  const chunks = new Map(output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])));
  const found = new Set<Rolldown.OutputChunk>();
  const next = starts.map((start) => {
    const chunk = [...chunks.values()].find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/${start}`));
    if (!chunk) throw new Error(`No file of the build begins with ${start}.`);
    return chunk;
  });
  for (let chunk = next.pop(); chunk; chunk = next.pop()) {
    if (found.has(chunk)) continue;
    found.add(chunk);
    next.push(...chunk.imports.flatMap((name) => chunks.get(name) ?? []));
  }
  const all = [...found].flatMap(({ modules }) => Object.entries(modules));
  // A style sheet without names leaves nothing in the script, and belongs with the others: their order is its meaning.
  return new Set(all.flatMap(([module, { renderedLength }]) => (renderedLength > 0 || module.endsWith('.css') ? module : [])));
}
