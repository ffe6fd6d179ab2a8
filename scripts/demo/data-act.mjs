import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { root } from '../say.mjs';

/** What the act is about, and what its container and volume are called. */
export const dataTitle = 'the files of a container are deleted';
export const filesOf = (prefix) => `${prefix}-files`;

/** The configuration's part for it: a repository in `dir`, and the volume as a source. */
export function backupsConfig({ dir, prefix }) {
  return {
    // The act is about the files.
    paramedic: 'off',
    repositories: [{ name: 'demo', location: join(dir, 'backups'), password_file: join(dir, 'backup-password') }],
    sources: [{ name: 'files', 'docker-volume': { volume: `docker/demo/volume/${filesOf(prefix)}` } }],
  };
}

/** Runs `paramedic …`, and answers what it said. Rejects when it does not end well. */
function paramedic(dir, args, signal) {
  return new Promise((resolve, reject) => {
    const argv = [join(root, 'dist/main.js'), ...args, '--config', join(dir, 'paramedic.yml')];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`paramedic ${args.join(' ')} ended with ${code}: ${said.trim()}`)),
    );
  });
}

/** Fills a volume, backs it up, deletes what is in it, and brings it back. Answers undefined, or why that failed. */
export async function playData({ engine, image, prefix, label, dir, display, signal }) {
  const name = filesOf(prefix);
  const [key, value] = label.split('=');
  const labels = { [key]: value };
  const startedAt = Date.now();
  const tell = (stage, text) => display.stage(Date.now() - startedAt, stage, text);
  /** What a command in the container says. */
  async function inside(...Cmd) {
    const { Id } = await engine.call('POST', `/containers/${name}/exec`, { Cmd, AttachStdout: true, Tty: true });
    return engine.text('POST', `/exec/${Id}/start`, { Tty: true });
  }
  /** Of all files with their contents, in their order. */
  const checksum = async () =>
    createHash('sha256')
      .update(await inside('sh', '-c', 'cd /data && find . -type f | sort | xargs md5sum'))
      .digest('hex')
      .slice(0, 12);

  try {
    await engine.call('POST', '/volumes/create', { Name: name, Labels: labels });
    await engine.call('POST', `/containers/create?name=${name}`, {
      Image: image,
      Cmd: ['sh', '-c', 'trap exit TERM; while :; do sleep 1; done'],
      Labels: labels,
      HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'volume', Source: name, Target: '/data' }] },
    });
    await engine.call('POST', `/containers/${name}/start`);
    await inside(
      'sh',
      '-c',
      'mkdir /data/a /data/b; for n in $(seq 200); do seq $n 2000 >/data/a/$n; done; date >/data/b/now',
    );
    const before = await checksum();
    tell('written', `201 files in volume ${name}, checksum ${before}`);
    const backed = await paramedic(dir, ['backup', 'files'], signal);
    tell('backup', `paramedic backup files: ${summaryOf(backed)}`);
    const drilled = await paramedic(dir, ['drill', 'files'], signal);
    tell('drill', `paramedic drill files: ${summaryOf(drilled)}`);

    await inside('sh', '-c', 'rm -rf /data/a /data/b');
    if ((await checksum()) === before) throw new Error('the files are still there');
    tell('broken', `rm -rf: nothing is left in volume ${name}`);
    // Nobody may write into it meanwhile.
    await engine.call('POST', `/containers/${name}/stop?t=5`);
    const restored = await paramedic(dir, ['restore', 'files', '--yes'], signal);
    tell('restore', `paramedic restore files: ${summaryOf(restored)}`);
    await engine.call('POST', `/containers/${name}/start`);
    const after = await checksum();
    if (after !== before) return `the files have checksum ${after}, and had ${before}`;
    display.say(`  ${' '.repeat(7)}  ${display.paint('dim', `the container agrees: 201 files, checksum ${after}`)}`);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return error.message;
  }
}

/** The sentence that says why it ended as it did: the line below the one that names the run. */
function summaryOf(said) {
  const lines = said.split('\n');
  const at = lines.findIndex((line) => /^[bdu]_[0-9a-f]{16} /.test(line));
  return (lines[at + 1] ?? said).trim();
}
