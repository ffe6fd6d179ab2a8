import type { Alert, Delivery } from '../domain/alert.ts';
import { type Fields, isFields } from '../domain/fields.ts';
import { NO_INSTANT, parseInstant } from './parse-instant.ts';

const MAX_ALERTS = 20_000;
const MAX_LABELS = 500;
const MAX_LABEL_VALUE_BYTES = 64 * 1024;
const FINGERPRINT = /^[0-9A-Za-z_.-]{1,128}$/;
/** Alertmanager quotes the receiver's name as a regular expression: `team.a` arrives as `team\.a`. */
const QUOTED = /\\([\\.+*?()|[\]{}^$])/g;

/** The body can never be right. The sentence says what is wrong, and where: `alerts[3].labels.pod: expected …`. */
export interface Malformed {
  readonly error: string;
}
type Texts = Readonly<Record<string, string>>;
const DATE = 'a date and time like 2026-11-22T10:00:00Z';
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One webhook body: Alertmanager's (version "4") or Grafana Alerting's (version "1" and an orgId). Unknown fields are
 * ignored. Label values are taken as they are, however odd: whoever uses one checks it against its own grammar.
 * The labels and annotations of the answer are the body's own objects, not copies.
 *
 * @param body what JSON.parse made of it
 * @param receivedAt ms since the epoch
 */
export function parseDelivery(body: unknown, receivedAt: number): Delivery | Malformed {
  if (!isFields(body)) return wrong('body', 'an object', body);
  const { version, receiver, truncatedAlerts = 0, alerts } = body;
  const source =
    version === '4' ? 'alertmanager' : version === '1' && body['orgId'] !== undefined ? 'grafana' : undefined;
  if (source === undefined) {
    return wrong('version', 'the string "4" (Alertmanager), or "1" beside an orgId (Grafana Alerting)', version, true);
  }
  if (!Array.isArray(alerts)) {
    const hint = alerts === undefined ? '; a receiver with its own `payload:` cannot be read, take it out' : '';
    return { error: wrong('alerts', 'an array', alerts).error + hint };
  }
  if (alerts.length > MAX_ALERTS) return { error: `alerts: ${alerts.length} of them, at most ${MAX_ALERTS} are taken` };
  if (typeof receiver !== 'string') return wrong('receiver', 'a string', receiver);
  if (typeof truncatedAlerts !== 'number' || !Number.isSafeInteger(truncatedAlerts) || truncatedAlerts < 0) {
    return wrong('truncatedAlerts', 'a whole number, 0 or more', truncatedAlerts, true);
  }
  const parsed: Alert[] = [];
  for (let i = 0; i < alerts.length; i += 1) {
    const alert = parseAlert(alerts[i], i);
    if ('error' in alert) return alert;
    parsed.push(alert);
  }
  return { receivedAt, source, receiver: receiver.replace(QUOTED, '$1'), truncatedAlerts, alerts: parsed };
}

function parseAlert(value: unknown, index: number): Alert | Malformed {
  const at = (field: string): string => `alerts[${index}].${field}`;
  if (!isFields(value)) return wrong(`alerts[${index}]`, 'an object', value);
  const { status, labels, annotations = {}, startsAt, endsAt, generatorURL = '', fingerprint } = value;
  if (status !== 'firing' && status !== 'resolved') return wrong(at('status'), '"firing" or "resolved"', status, true);
  if (typeof fingerprint !== 'string' || !FINGERPRINT.test(fingerprint)) {
    return wrong(at('fingerprint'), '1 to 128 letters, digits, "_", "." or "-"', fingerprint, true);
  }
  if (!isFields(labels)) return wrong(at('labels'), 'an object', labels);
  if (!areTexts(labels)) return notText(labels, at('labels'));
  const excess = excessOf(labels, at('labels'));
  if (excess !== undefined) return excess;
  if (!isFields(annotations)) return wrong(at('annotations'), 'an object', annotations);
  if (!areTexts(annotations)) return notText(annotations, at('annotations'));
  const start = typeof startsAt === 'string' ? parseInstant(startsAt) : undefined;
  if (typeof start !== 'number') return wrong(at('startsAt'), DATE, startsAt, true);
  const end = endsAt === undefined ? NO_INSTANT : typeof endsAt === 'string' ? parseInstant(endsAt) : undefined;
  if (end === undefined) return wrong(at('endsAt'), DATE, endsAt, true);
  if (typeof generatorURL !== 'string') return wrong(at('generatorURL'), 'a string', generatorURL);
  const alert: Mutable<Alert> = {
    fingerprint,
    alertname: labels['alertname'] ?? '',
    status,
    labels,
    annotations,
    startsAt: start,
  };
  if (status === 'resolved' && end !== NO_INSTANT) alert.endsAt = end;
  if (generatorURL !== '') alert.generatorURL = generatorURL;
  return alert;
}

function excessOf(labels: Texts, where: string): Malformed | undefined {
  let count = 0;
  for (const name in labels) {
    const value = labels[name] ?? '';
    // A UTF-16 unit is at most 3 bytes of UTF-8: only long values are worth counting.
    if (value.length > MAX_LABEL_VALUE_BYTES / 3 && Buffer.byteLength(value) > MAX_LABEL_VALUE_BYTES) {
      return { error: `${where}.${shown(name)}: longer than ${MAX_LABEL_VALUE_BYTES} bytes` };
    }
    count += 1;
    if (count > MAX_LABELS) return { error: `${where}: more than ${MAX_LABELS} of them` };
  }
  return undefined;
}

function areTexts(fields: Fields): fields is Texts {
  for (const name in fields) if (typeof fields[name] !== 'string') return false;
  return true;
}

function notText(fields: Fields, where: string): Malformed {
  const name = Object.keys(fields).find((key) => typeof fields[key] !== 'string') ?? '';
  return wrong(`${where}.${shown(name)}`, 'a string', fields[name]);
}

/** A name for a sentence: the sender's text, so cut and quoted unless it is plain. */
const shown = (name: string): string =>
  /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : JSON.stringify(name.slice(0, 64));

/** `where: expected what, got …`; with `quote` the value itself is shown when it is a number or a string. */
function wrong(where: string, expected: string, value: unknown, quote = false): Malformed {
  return { error: `${where}: expected ${expected}, got ${quote ? quoted(value) : kindOf(value)}` };
}

function quoted(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 64));
  return typeof value === 'number' ? `the number ${value}` : kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** What the webhook found right when it came. Throws when it is not: a bug of ours. */
export function parseAccepted(body: string, receivedAt: number): Delivery {
  const delivery = parseDelivery(JSON.parse(body), receivedAt);
  if ('error' in delivery) throw new Error(delivery.error);
  return delivery;
}
