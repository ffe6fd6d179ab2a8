// npm run new -- action NAME KIND | target NAME | guardrail NAME
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { giveUp, root, say } from './say.mjs';
import { skeletons } from './skeletons.mjs';

const usage = Object.entries(skeletons).map(([what, { words }]) => `  npm run new -- ${what} ${words.join(' ')}`);
const [what, ...names] = process.argv.slice(2);
const skeleton = Object.hasOwn(skeletons, what ?? '') ? skeletons[what] : undefined;
if (skeleton === undefined || names.length !== skeleton.words.length) giveUp(`Usage:\n${usage.join('\n')}`);
const wrong = names.find((name) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name));
if (wrong !== undefined) giveUp(`"${wrong}" is no name: use lower-case words joined by hyphens, like delete-pod.`);

const { registry, name, from, files, readme } = skeleton.make(...names);
const taken = Object.keys(files).find((file) => existsSync(join(root, file)));
if (taken !== undefined) giveUp(`${taken} is there already.`);

/** Adds an import, in its place in the alphabet, and an entry at the end of the list. */
function register(text) {
  const line = `import { ${name} } from '${from}';`;
  const lines = text.split('\n');
  const own = lines.filter((one) => one.startsWith('import {') && one.includes("from './"));
  const before = own.find((one) => one.split(' from ')[1] > line.split(' from ')[1]);
  const at = before === undefined ? lines.indexOf(own.at(-1)) + 1 : lines.indexOf(before);
  lines.splice(at, 0, line);
  const list = /(= \[)([^\]]*?),?\s*(\];)/;
  const all = lines.join('\n');
  if (!list.test(all)) giveUp(`${registry} holds no list to add to.`);
  return all.replace(list, (_, open, entries, close) => `${open}${entries.trim() && `${entries}, `}${name}${close}`);
}

const registered = register(readFileSync(join(root, registry), 'utf8'));
for (const [file, text] of Object.entries(files)) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
  say(`written  ${file}`);
}
const [readmeFile, title, paragraph] = readme;
const before = existsSync(join(root, readmeFile)) ? readFileSync(join(root, readmeFile), 'utf8').trimEnd() : title;
writeFileSync(join(root, readmeFile), `${before}\n\n${paragraph}`);
say(`written  ${readmeFile}`);
writeFileSync(join(root, registry), registered);
say(`changed  ${registry}`);
say('Next: fill it in, name it in README.md, then `npm run format` and `npm test`.');
