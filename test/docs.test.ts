import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { actions } from '../src/actions/index.ts';
import { parseConfig } from '../src/config/parse-config.ts';
import { guardrails } from '../src/guardrails/index.ts';
import { targets } from '../src/targets/index.ts';
import { knownMetrics, metricsIn } from './harness/known-metrics.ts';

const root = new URL('../', import.meta.url).pathname;
const skipped = ['node_modules', 'dist', '.git', '.demo'];

function pagesUnder(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return skipped.includes(entry.name) ? [] : pagesUnder(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const pages = pagesUnder(root);
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, 'code');

/** As GitHub makes them: `## Add an action` → `add-an-action`. */
const anchorsOf = (text: string): string[] =>
  [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

/** The links of a page that lead nowhere in the repository. */
function deadLinks(path: string, text: string): string[] {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : resolve(dirname(path), file);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(file === '' ? text : readFileSync(target, 'utf8')).includes(anchor);
    });
}

describe('the Markdown pages', () => {
  it.each(pages.map((path) => relative(root, path)))('%s links to what is there', (path) => {
    expect(deadLinks(join(root, path), read(path))).toEqual([]);
  });

  it('with a dead link are caught', () => {
    const text =
      '# A title\n[ok](#a-title) [ok](./CHANGELOG.md) [web](https://x.y) `[code](no)`\n[a](./no.md) [b](#no)';
    expect(deadLinks(join(root, 'README.md'), text)).toEqual(['./no.md', '#no']);
  });

  it('name only npm scripts and metrics that exist', () => {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    const known = knownMetrics();
    const text = pages.map((path) => readFileSync(path, 'utf8')).join('\n');
    const named = [...text.matchAll(/npm run ([a-z][a-z:-]*)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    expect(named.length).toBeGreaterThan(3);
    const isKnown = (name: string): boolean => known.has(name) || known.has(`${name}_bucket`);
    expect(metricsIn(text).filter((name) => !isKnown(name))).toEqual([]);
  });
});

describe('the README', () => {
  const readme = read('README.md');

  it('has configurations that load', () => {
    const blocks = [...readme.matchAll(/^<!-- paramedic\.yml -->\n+```yaml\n([\s\S]*?)^```/gm)];
    expect(blocks.length).toBeGreaterThan(0);
    for (const [, text = ''] of blocks) {
      const config = parseConfig(text, { file: 'README.md', env: {}, readFile: () => 'redis://127.0.0.1:6379' });
      expect(config.playbooks.length).toBeGreaterThan(0);
    }
  });

  it('has every action in its table, with its role and risk, and no other', () => {
    const rows = [...readme.matchAll(/^\| `([a-z-]+\/[a-z-]+)` *\| ([a-z]+) *\| ([a-z]+) *\|/gm)];
    const written = rows.map(([, key, role, risk]) => `${key} ${role} ${risk}`);
    expect(written.toSorted()).toEqual(actions.map(({ key, role, risk }) => `${key} ${role} ${risk}`).toSorted());
  });

  it('names every target and guardrail', () => {
    const missing = [...targets, ...guardrails].filter(({ kind }) => !readme.includes(`\`${kind}\``));
    expect(missing).toEqual([]);
  });
});
