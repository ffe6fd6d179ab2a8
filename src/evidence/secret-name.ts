/** In whatever spelling: `PGPASSWORD`, `dbPassword`, `client-secret`, `X-Auth-Token`. */
const anywhere = /passw|passphrase|secret|token|credential|apikey|privatekey|accountkey|authkey|signature/;
/** Words of a name that says of any value that it is one: `SMTP_PASS`, `REDIS_AUTH`, `ENCRYPTION_KEY`. */
const words = new Set(['key', 'keys', 'auth', 'pass', 'pwd', 'pw', 'creds', 'cred', 'authorization', 'jwt', 'cookie']);
/** What comes before `key` where it is one, and not that of a cache or a map. */
const keysOf =
  /^(api|access|secret|private|encryption|signing|master|auth|account|shared|storage|license|ssh|session|service|hmac|aes|webhook|deploy)$/;
/** What only tells about a secret. */
const about =
  /^(name|names|ref|refs|file|files|path|dir|seconds|count|counts|enabled|type|kind|policy|length|ttl|expires|expiry|expiration|namespace|version|provider|store|size|limit|limits)$/;
/** What is named after one: classes and files in logs, `TokenFilter.java:42`. */
const named =
  /^(service|filter|manager|controller|handler|factory|exception|error|repository|client|config|validator|generator|interceptor|resolver|cache|request|response|endpoint|url|uri|source|informer|reflector|watcher|tokens|java|kt|scala|go|py|js|ts|rb|rs|php|cs|cpp|ex|yml|yaml|json|conf|txt|log|sh)$/;

const wordsOf = (name: string): readonly string[] =>
  name
    .slice(0, 200)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');

/**
 * Whether the value of an environment variable of that name is taken for a secret. Rather one too many: a value that was
 * none is only missed.
 */
export function isSecretVariable(name: string): boolean {
  const parts = wordsOf(name);
  if (isDirectory(name) || isAbout(parts)) return false;
  return anywhere.test(parts.join('')) || parts.some((word) => words.has(word));
}

/**
 * The same in running text, where `key=users:42` and `auth=true` are ordinary: a name written all in capitals is taken for
 * a variable.
 */
export function isSecretWord(name: string): boolean {
  if (/^[A-Z][A-Z\d]*(_[A-Z\d]+)+$/.test(name)) return isSecretVariable(name);
  const parts = wordsOf(name);
  const last = parts.at(-1) ?? '';
  if (isDirectory(name) || isAbout(parts) || named.test(last)) return false;
  if (anywhere.test(parts.join(''))) return true;
  const before = parts.at(-2) ?? '';
  if (last === 'key') return keysOf.test(before);
  return last === 'pwd' || last === 'passwd' || (last === 'pass' && before !== '') || last === 'sig';
}

/** The working one. */
const isDirectory = (name: string): boolean => /^(OLD)?PWD$/.test(name);
const isAbout = (parts: readonly string[]): boolean => parts.length > 1 && about.test(parts.at(-1) ?? '');
