import { describe, expect, it } from 'vitest';
import { redact, redactJson } from './redact.ts';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const r = '<redacted>';

describe('a secret in a line', () => {
  it.each([
    ['password=hunter2', `password=${r}`],
    ['DB_PASSWORD=hunter2 DB_HOST=db', `DB_PASSWORD=${r} DB_HOST=db`],
    ['PGPASSWORD=hunter2', `PGPASSWORD=${r}`],
    ['level=info msg="login password=hunter2 ok"', `level=info msg="login password=${r} ok"`],
    ['a: b: password: hunter2', `a: b: password: ${r}`],
    ['password: "two words" next', `password: "${r}" next`],
    [`{"user":"a","token": "abc","n":1}`, `{"user":"a","token": "${r}","n":1}`],
    [`{"token":"a\\"b","n":1}`, `{"token":"${r}","n":1}`],
    [`{"msg":"{\\"password\\":\\"hunter2\\",\\"n\\":1}"}`, `{"msg":"{\\"password\\":\\"${r}\\",\\"n\\":1}"}`],
    [`{"password":["hunter2"]}`, `{"password":["${r}"]}`],
    [`{"password": "cut off in the mid`, `{"password": "${r}`],
    ["{'client_secret': 'abc def'}", `{'client_secret': '${r}'}`],
    ['dbPassword=x; clientSecret=y; user=z', `dbPassword=${r}; clientSecret=${r}; user=z`],
    ['Server=db;User Id=sa;Password=p@ss,w0rd;Timeout=3', `Server=db;User Id=sa;Password=${r};Timeout=3`],
    ['AccountKey=abc123==;EndpointSuffix=core', `AccountKey=${r};EndpointSuffix=core`],
    ['GET /cb?code=1&access_token=abc.def&state=9 200', `GET /cb?code=1&access_token=${r}&state=9 200`],
    ['PUT https://s3/b?X-Amz-Signature=0af9&X-Amz-Date=1', `PUT https://s3/b?X-Amz-Signature=${r}&X-Amz-Date=1`],
    ['https://a.blob/c?sv=2020&sig=Zm9v%3D', `https://a.blob/c?sv=2020&sig=${r}`],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', `aws_secret_access_key = ${r}`],
    ['used AKIAIOSFODNN7EXAMPLE for it', `used ${r} for it`],
    ['api-key: 12345', `api-key: ${r}`],
    ['X-Api-Key: 12345', `X-Api-Key: ${r}`],
    ['SIGNING_KEY=abc', `SIGNING_KEY=${r}`],
    ['"auth": "dXNlcjpwYXNzd29yZA=="', `"auth": "${r}"`],
    ['Authorization: Basic YWRtaW46aHVudGVyMg== next', `Authorization: ${r} next`],
    ['authorization: Bearer abcdef', `authorization: ${r}`],
    ['Authorization: Digest username="u", response="6629"', `Authorization: ${r}`],
    [`curl -H 'Authorization: Token abc def' https://x`, `curl -H 'Authorization: ${r}' https://x`],
    [`{"Authorization":["Bearer abc"],"n":1}`, `{"Authorization":["${r}"],"n":1}`],
    ['Proxy-Authorization: hunter2', `Proxy-Authorization: ${r}`],
    ['Cookie: a=b; session=c', `Cookie: ${r}`],
    ['got Bearer abcdef0123456789 from it', `got Bearer ${r} from it`],
    [`token is ${jwt}, ok`, `token is ${r}, ok`],
    ['postgres://app:hunter2@db:5432/shop', `postgres://app:${r}@db:5432/shop`],
    ['postgres://app:p@ss/w0rd@db:5432/shop', `postgres://app:${r}@db:5432/shop`],
    ['redis://:hunter2@cache/0', `redis://:${r}@cache/0`],
    ['mongodb://u:p@h1:27017,h2:27017/db', `mongodb://u:${r}@h1:27017,h2:27017/db`],
    ['https://0123456789abcdef@sentry.io/1', `https://${r}@sentry.io/1`],
    ['dsn app:hunter2@tcp(db:3306)/shop', `dsn app:${r}@tcp(db:3306)/shop`],
    ['curl -u admin:hunter2 http://x', `curl -u admin:${r} http://x`],
    ['app --db-password hunter2 --port 80', `app --db-password ${r} --port 80`],
    ['app --db-password=hunter2 --port=80', `app --db-password=${r} --port=80`],
    ['["app","--token","abc","-v"]', `["app","--token","${r}","-v"]`],
    ['redis-cli -h x -a hunter2 ping', `redis-cli -h x -a ${r} ping`],
    ['mysqladmin ping -uroot -phunter2', `mysqladmin ping -uroot -p${r}`],
    ['cloned with ghp_0123456789abcdefghijABCDEFGHIJ456789', `cloned with ${r}`],
    ['https://hooks.slack.com/services/T00/B00/XXXXXXXX', `https://hooks.slack.com/services/${r}`],
    ['key "-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY-----" bad', `key "${r}" bad`],
  ])('%s', (line, said) => {
    expect(redact(line)).toBe(said);
    expect(redact(said)).toBe(said);
  });
});

describe('an ordinary line survives', () => {
  it.each([
    '10.0.0.7 - - [29/Nov/2026:14:00:00 +0000] "GET /auth/login?next=/a HTTP/1.1" 200 512 "-" "curl/8.0"',
    '2026-11-29T14:00:00.123Z INFO  cache miss key=user:42 ttl=60 tokens=512 max_tokens: 4096',
    'FATAL:  password authentication failed for user "app"',
    'SyntaxError: Unexpected token < in JSON at position 0',
    'SyntaxError: Unexpected token: punc (})',
    'MountVolume.SetUp failed for volume "certs" : secret "shop-tls" not found',
    "Error: couldn't find key password in Secret shop/db",
    'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    'unauthorized: authentication required',
    'Unable to authenticate the request: invalid bearer token, Bearer authentication required',
    '    at com.shop.auth.TokenFilter.doFilter(TokenFilter.java:42)',
    'listening on http://10.0.0.1:8080/path?email=a@b.c and http://[::1]:8080/x@y',
    'docker-pullable://elasticsearch-curator@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    'Image: reg.io:5000/shop/web:1@sha256:0123456789abcdef, oci://reg.io:5000/img:1@sha256:ab',
    'author=jane monkey=1 bypass=true keyspace=main PWD=/app auth=true key: 7',
    'PASS: TestLogin, pass: 12, fail: 0',
    '{"secretName": "db-creds", "automountServiceAccountToken": true, "tokenExpirationSeconds": 3607}',
    '"imagePullSecrets": [',
    '"secretKeyRef": {"name": "db", "key": "password"}',
    'commit 0e848b4f0e848b4f0e848b4f0e848b4f0e848b4f, id 550e8400-e29b-41d4-a716-446655440000, mac 02:42:ac:11:00:02',
    'scp build@host:/srv/app and docker run --user 1000:1000 web',
    'pod sk-redis-5fff867dcf-9kz9s, npm_lifecycle_event=start',
    'token: null, password: <none>, secret=',
    'DB_PASSWORD_FILE=/run/secrets/db',
  ])('%s', (line) => {
    expect(redact(line)).toBe(line);
  });
});

describe('a PEM block', () => {
  const body = 'MIIEowIBAAKCAQEA0123456789abcdefghijABCDEFGHIJ0123456789+/abcdef';
  const block = [
    '-----BEGIN RSA PRIVATE KEY-----',
    'Proc-Type: 4,ENCRYPTED',
    '',
    body,
    body,
    'Zm9v',
    '-----END RSA PRIVATE KEY-----',
  ];
  const clean = (text: string): void => expect(text).not.toMatch(/MII|Zm9v|Proc-Type/);

  it('is not to be read, whatever stands before each of its lines', () => {
    const text = redact(['before it', ...block, 'after it'].join('\n'));
    clean(text);
    expect(text).toMatch(/^before it\n<redacted>\n[^]*\nafter it$/);
    const logged = redact(block.map((line) => `2026-11-29T14:00:00Z ${line}`).join('\n'));
    clean(logged);
    expect(logged.split('\n').at(-2)).toBe(`2026-11-29T14:00:00Z ${r}`);
  });

  it('whose beginning or end was cut off is none the less', () => {
    const text = redact(['before it', ...block.slice(3), 'after it'].join('\n'));
    clean(text);
    expect(text).toBe(['before it', r, r, r, r, 'after it'].join('\n'));
    const open = redact([...block.slice(0, 4), '2026-11-29 14:00 the server is up', 'and running'].join('\n'));
    clean(open);
    expect(open).toContain('the server is');
    expect(open).toContain('and running');
  });
});

describe('the JSON of a platform', () => {
  it('has no values of variables that are named like secrets, and all others', () => {
    const env = [
      { name: 'DB_PASSWORD', value: 'hunter2' },
      { name: 'AUTH', value: 'hunter2' },
      { name: 'ENCRYPTION_KEY', value: 'hunter2' },
      { name: 'TZ', value: 'UTC' },
      { name: 'DATABASE_URL', value: 'postgres://a:hunter2@db/x' },
      { name: 'FROM', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
    ];
    expect(redactJson({ env })).toEqual({
      env: [
        { name: 'DB_PASSWORD', value: r },
        { name: 'AUTH', value: r },
        { name: 'ENCRYPTION_KEY', value: r },
        { name: 'TZ', value: 'UTC' },
        { name: 'DATABASE_URL', value: `postgres://a:${r}@db/x` },
        { name: 'FROM', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      ],
    });
    expect(redactJson({ Env: ['MY_KEY=a b', 'PATH=/bin', 'PWD=/app', 'SMTP_PASS=x\ny'] })).toEqual({
      Env: [`MY_KEY=${r}`, 'PATH=/bin', 'PWD=/app', `SMTP_PASS=${r}`],
    });
  });

  it('has no secret arguments, headers and fields', () => {
    expect(
      redactJson({
        args: ['--password', 'hunter2', '--port', '80', '--api-key=abc'],
        test: ['CMD', 'redis-cli', '-a', 'hunter2', 'ping'],
        curl: ['curl', '-u', 'admin:hunter2'],
        run: ['--user', '1000:1000'],
        httpHeaders: [{ name: 'X-Api-Key', value: 'abc' }],
        LogConfig: { 'splunk-token': 'abc', 'max-size': '10m', pin: 1 },
        token: 1234,
        passwords: ['a', 'b'],
      }),
    ).toEqual({
      args: ['--password', r, '--port', '80', `--api-key=${r}`],
      test: ['CMD', 'redis-cli', '-a', r, 'ping'],
      curl: ['curl', '-u', `admin:${r}`],
      run: ['--user', '1000:1000'],
      httpHeaders: [{ name: 'X-Api-Key', value: r }],
      LogConfig: { 'splunk-token': r, 'max-size': '10m', pin: 1 },
      token: r,
      passwords: [r, r],
    });
  });

  it('keeps what only refers to secrets', () => {
    const spec = {
      imagePullSecrets: [{ name: 'regcred' }],
      volumes: [{ name: 'v', secret: { secretName: 'db', items: [{ key: 'password', path: 'p' }] } }],
      tolerations: [{ key: 'node-role', operator: 'Exists' }],
      automountServiceAccountToken: false,
    };
    expect(redactJson(spec)).toEqual(spec);
  });
});

it('is done with a line however it is made', () => {
  const many = [
    'a://b:',
    'password=',
    '"',
    'x,',
    'a-',
    '--a ',
    'eyJ.',
    'Authorization:',
    '-----BEGIN A-----',
    'mysql ',
  ];
  for (const part of many) expect(redact(part.repeat(20_000)).length).toBeGreaterThan(0);
});
