/** Of one object. */
const mostMentions = 200;
/** Of one object's texts: what comes after is not looked at. A ConfigMap can have a megabyte. */
const mostText = 65_536;

/**
 * What could be the name of a host: no part of a path (`/usr/share`), of a longer word (`MY_HOST`), and no key
 * (`backend: …`, `backend=…`). A port may follow.
 */
const host =
  /(?<=^|\/\/|[^\w./-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?!\.?[\w-])(?!["']?\s*(?::(?!\d)|=))/g;

/**
 * Services that the texts speak of, perhaps: `backend` (of the own namespace) or `backend.shop`. Most of them are plain
 * words, and no Service at all: whoever reads this looks each up. At most 200, those with a port, a scheme or a domain first.
 */
export function mentionsIn(texts: readonly string[]): readonly string[] {
  const likely = new Set<string>();
  const words = new Set<string>();
  let left = mostText;
  for (const text of texts) {
    if (left <= 0 || likely.size >= mostMentions) break;
    const part = text.slice(0, left);
    left -= part.length;
    for (const { 0: name, index } of part.matchAll(host)) {
      const isLikely = name.includes('.') || '/@'.includes(part[index - 1] ?? ' ') || part[index + name.length] === ':';
      for (const service of servicesOf(name)) (isLikely ? likely : words).add(service);
      if (words.size > mostText / 16) break;
    }
  }
  return [...new Set([...likely, ...words])].slice(0, mostMentions).map(copyOf);
}

/** `backend.shop.svc.cluster.local` → `backend.shop`; `db-0.db` is perhaps a pod of the Service `db`. */
function servicesOf(name: string): readonly string[] {
  const [first = '', second, third, fourth] = name.split('.');
  if (second === undefined) return isName(first) ? [first] : [];
  if (!isName(second)) return [];
  if (fourth === 'svc' && third !== undefined) return [`${second}.${third}`];
  if (third !== undefined && third !== 'svc') return /-\d+$/.test(first) ? [`${second}.${third}`] : [];
  const ofPod = /-\d+$/.test(first) ? [second] : [];
  return isName(first) ? [`${first}.${second}`, ...ofPod] : ofPod;
}

/** Numbers and addresses are none. */
const isName = (word: string): boolean => word.length <= 63 && /[a-z]/.test(word);

/** A part of a text keeps all of it in memory, unless it is copied. Host names are ASCII. */
const copyOf = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
