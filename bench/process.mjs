import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './serve.mjs';

/** Resident memory, MB; `VmHWM`: the most that it was. */
export async function rssMb(pid, what = 'VmRSS') {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)[1]) / 1024;
}
/** The CPU time that it has had, ms; the kernel counts in hundredths of a second. */
export async function cpuMs(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}
/**
 * Over one window, while `work` goes on until its signal: percent of a core for each process, the median RSS of the first,
 * MB, and what `work` has done a second.
 */
export async function window(pids, windowMs, work = async () => undefined) {
  const before = await Promise.all(pids.map(cpuMs));
  const begun = performance.now();
  const rss = [];
  const over = new AbortController();
  const working = work(over.signal);
  while (performance.now() - begun < windowMs) {
    await sleep(Math.min(2_000, windowMs));
    rss.push(await rssMb(pids[0]));
  }
  const took = performance.now() - begun;
  const after = await Promise.all(pids.map(cpuMs));
  over.abort();
  const writes = await working;
  return {
    cpu: after.map((ms, i) => ((ms - before[i]) / took) * 100),
    rss: percentile(rss, 50),
    rate: ((writes ?? 0) / took) * 1000,
  };
}
