// A volume and a dump of 1 GB into a repository of their own each time, by Paramedic and by the same pipe in a shell, by turns.
//   npm run build && node scripts/with-docker.mjs node bench/backup.mjs [--mb 1024] [--rounds 3]
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { engine, makeImage } from './docker.mjs';
import { rssMb } from './process.mjs';
import { percentile, serve } from './serve.mjs';

const { values } = parseArgs({
  options: { mb: { type: 'string', default: '1024' }, rounds: { type: 'string', default: '3' } },
});
const [mb, rounds] = [Number(values.mb), Number(values.rounds)];
const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
const socket = host.replace(/^unix:\/\//, '');
const image = 'paramedic-bench:1';
const name = `bench-${randomBytes(3).toString('hex')}`;
const dir = await mkdtemp(join(tmpdir(), 'paramedic-bench-'));
const password = join(dir, 'password');
await writeFile(password, 'a-password\n');

/** Runs a line of shell to its end; ms that it took. */
async function shell(line) {
  const begun = performance.now();
  const child = spawn('bash', ['-c', `set -euo pipefail; ${line}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, RESTIC_PASSWORD_FILE: password, RESTIC_CACHE_DIR: join(dir, 'cache') },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${line} ended with ${code}`);
  return performance.now() - begun;
}
const inside = (script) => shell(`docker --host ${host} exec ${name} /bin/busybox sh -c '${script}'`);
const kinds = {
  volume: {
    source: `docker-volume: { volume: docker/local/volume/${name} }`,
    pipe: `docker --host ${host} cp ${name}:/data - | restic backup --stdin --stdin-filename volume.tar`,
  },
  dump: {
    source: `postgres: { container: docker/local/container/${name}, database: orders }`,
    pipe: `docker --host ${host} exec ${name} pg_dump | restic backup --stdin --stdin-filename database.sql`,
  },
};
const all = Array.from({ length: rounds }, (_, n) => n).flatMap((n) =>
  Object.keys(kinds).map((kind) => ({ kind, place: `${kind}-${n}` })),
);
const config = `mode: act
docker: [{name: local, socket: ${socket}}]
playbooks: []
backups:
  repositories:
${all.map(({ place }) => `    - {name: ${place}, location: ${dir}/${place}, password_file: ${password}}`).join('\n')}
  sources:
${all.map(({ kind, place }) => `    - {name: ${place}, repository: ${place}, ${kinds[kind].source}}`).join('\n')}
`;

let app;
async function api(path, body) {
  const [login, headers] = [`paramedic:${app.password}`, { origin: app.url, 'content-type': 'application/json' }];
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  const init = { headers: { ...headers, authorization }, ...(body && { method: 'POST', body: JSON.stringify(body) }) };
  const answer = await fetch(`${app.url}/api/v1/${path}`, init);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** One backup: how fast it was read, MB/s, how much more memory than before it took at most, MB, and how long all of it took, s. */
async function backUp(place) {
  const before = await rssMb(app.pid);
  const begun = performance.now();
  const { run } = await api('backups', { source: place });
  let [most, first, read] = [before, undefined, undefined];
  for (;;) {
    const [now, rss] = [await api(`backups/${run}`), await rssMb(app.pid)];
    most = Math.max(most, rss);
    if (now.bytes > 0) first ??= { at: performance.now(), bytes: now.bytes };
    if (now.state === 'verifying') read ??= performance.now();
    if (now.state === 'ended') {
      if (now.result !== 'verified') throw new Error(`${place}: ${now.reason}`);
      const bytesRead = now.point.shape.bytes - first.bytes;
      return {
        rate: bytesRead / 2 ** 20 / ((read - first.at) / 1_000),
        more: most - before,
        whole: (performance.now() - begun) / 1_000,
      };
    }
    await sleep(50);
  }
}

const round = (n, digits = 0) => Number(n.toFixed(digits));
try {
  await makeImage(socket, image);
  await engine(socket, 'POST', `/containers/create?name=${name}`, {
    Image: image,
    Cmd: ['/bin/busybox', 'sleep', '100000'],
    HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'volume', Source: name, Target: '/data' }] },
  });
  await engine(socket, 'POST', `/containers/${name}/start`);
  await inside('/bin/busybox --install -s /bin; mkdir -p /tmp /usr/bin');
  await inside(`for n in 1 2 3 4; do head -c ${Math.floor((mb * 2 ** 20) / 4)} /dev/urandom >/data/$n; done`);
  // What looks like a dump to who reads it, of rows that do not get smaller.
  const pgDump = `#!/bin/sh\\ncat /rows\\n`;
  await inside(
    `{ echo "CREATE TABLE public.orders (n text);"; echo "COPY public.orders (n) FROM stdin;"; head -c ${Math.floor(mb * 2 ** 20 * 0.74)} /dev/urandom | base64; printf "%s\\n" "\\\\." "" "--" "-- PostgreSQL database dump complete" "--" ""; } >/rows; printf "${pgDump}" >/bin/pg_dump; chmod 755 /bin/pg_dump`,
  );
  app = await serve(config);
  app.password = (await readFile(join(app.redisSocket, '../../queue-ui-password'), 'utf8')).trim();
  await sleep(5_000);
  const rows = { volume: [], dump: [] };
  for (const { kind, place } of all) {
    const ours = await backUp(place);
    const there = join(dir, `shell-${place}`);
    await shell(`restic --repo ${there} init`);
    const took = await shell(kinds[kind].pipe.replace('| restic', `| restic --repo ${there}`));
    const row = { place, ...ours, shell: mb / (took / 1_000) };
    rows[kind].push(row);
    console.log(
      `${place}: ${round(row.rate)} MB/s, in a shell ${round(row.shell)} MB/s, +${round(row.more)} MB, ${round(row.whole, 1)} s with reading it back`,
    );
    await rm(there, { recursive: true });
    await rm(join(dir, place), { recursive: true });
  }
  const median = (kind, of) => percentile(rows[kind].map(of), 50);
  console.table(
    Object.fromEntries(
      Object.keys(kinds).map((kind) => [
        kind,
        {
          'MB/s': round(median(kind, ({ rate }) => rate)),
          'in a shell': round(median(kind, ({ shell: its }) => its)),
          'ratio (≥ 0.8)': round(
            median(kind, ({ rate, shell: its }) => rate / its),
            2,
          ),
          'RSS over idle, MB (≤ 150)': round(median(kind, ({ more }) => more)),
        },
      ]),
    ),
  );
} finally {
  await app?.stop();
  execFileSync('docker', ['--host', host, 'rm', '--force', '--volumes', name], { stdio: 'ignore' });
  execFileSync('docker', ['--host', host, 'volume', 'rm', '--force', name], { stdio: 'ignore' });
  await rm(dir, { recursive: true, force: true });
}
