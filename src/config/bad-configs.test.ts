import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sourceKinds } from '../../test/fakes/source-kinds.ts';
import { UserError } from '../domain/errors.ts';
import { parseConfig } from './parse-config.ts';
import { registries } from './registries.ts';

const folder = 'test/testdata/config/bad';
const mistakes = readdirSync(folder)
  .filter((name) => name.endsWith('.yml'))
  .map((name) => name.replace(/\.yml$/, ''));

const messageFor = (mistake: string): string => {
  const file = join(folder, `${mistake}.yml`);
  try {
    parseConfig(readFileSync(file, 'utf8'), {
      file,
      env: {},
      readFile: (path) => readFileSync(path, 'utf8'),
      registries: { ...registries, sources: sourceKinds },
    });
  } catch (error) {
    if (error instanceof UserError) return `${error.message}\n`;
    throw error;
  }
  return 'it loads\n';
};

describe('a bad configuration says what is wrong, word for word:', () => {
  test.each(mistakes)('%s', (mistake) => {
    expect(messageFor(mistake)).toBe(readFileSync(join(folder, `${mistake}.txt`), 'utf8'));
  });

  test('there is an expected text for each file, and a file for each text', () => {
    const texts = readdirSync(folder).filter((name) => name.endsWith('.txt'));
    expect(texts.map((name) => name.replace(/\.txt$/, ''))).toEqual(mistakes);
    expect(mistakes.length).toBeGreaterThanOrEqual(20);
  });
});
