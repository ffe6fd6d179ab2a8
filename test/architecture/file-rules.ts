import { importsOf, isTest, withoutComments, type SourceFile } from './source-file.ts';

const linesOf = ({ text }: SourceFile): number => text.trimEnd().split('\n').length;

export function tooLong(files: readonly SourceFile[], most = 300): string[] {
  return files.filter((file) => linesOf(file) > most).map((file) => `${file.path} has ${linesOf(file)} lines`);
}

/** The median length of the files under src/, in lines. */
export function medianLines(files: readonly SourceFile[]): number {
  const lengths = files
    .filter(({ path }) => path.startsWith('src/'))
    .map(linesOf)
    .toSorted((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|types|d))?\.(ts|mjs|js)$/;
const banned = /^(utils?|helpers?|managers?|common|misc)$/;

export function badNames(files: readonly Pick<SourceFile, 'path'>[]): string[] {
  return files.flatMap(({ path }) => {
    const names = path.split('/');
    const words = names.flatMap((name) => name.split(/[-.]/));
    return [
      ...(kebabCase.test(names.at(-1) ?? '') ? [] : [`${path} is not in kebab-case`]),
      ...words.filter((word) => banned.test(word)).map((word) => `${path}: "${word}" says nothing`),
    ];
  });
}

/** What only some files may do: the pattern, and where it is allowed. */
const reserved: readonly { readonly what: string; readonly pattern: RegExp; readonly allowed: RegExp }[] = [
  { what: 'ends the process', pattern: /\bprocess\.(exit|abort)\s*\(/, allowed: /^src\/main\.ts$/ },
  { what: 'listens to signals', pattern: /\bprocess\.(on|once)\(\s*['"]SIG/, allowed: /^src\/main\.ts$/ },
  { what: 'reads the environment', pattern: /\bprocess\.env\b/, allowed: /^src\/(main\.ts$|cli\/|config\/)/ },
];

export function outOfPlace(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('src/') && !isTest(path))
    .flatMap((file) =>
      reserved
        .filter(({ pattern, allowed }) => !allowed.test(file.path) && pattern.test(withoutComments(file.text)))
        .map(({ what }) => `${file.path} ${what}`),
    );
}

const loose = /\bas any\b|:\s*any\b|<any\b|@ts-(ignore|nocheck)|\b(it|test|describe)\.(skip|only|todo)\b/;

/** What hides a mistake from the compiler or from the test run. */
export function loopholes(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, index) => (loose.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

/** Named exports only; a tool's own configuration file, or what a tool loads, can not choose. */
export function defaultExports(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !/(\.config\.ts|-reporter\.mjs)$/.test(path))
    .filter(({ text }) => /^\s*export\s+default\b|\bas\s+default\b/m.test(withoutComments(text)))
    .map(({ path }) => `${path} has a default export`);
}

/** Relative imports name the file as it is on the disk. */
export function importsWithoutEnding(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((specifier) => specifier.startsWith('.') && !/\.(ts|mjs|js|json)$/.test(specifier))
      .map((specifier) => `${file.path} imports ${specifier} without its ending`),
  );
}
