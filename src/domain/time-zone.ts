const formats = new Map<string, Intl.DateTimeFormat>();

/** What clocks of a zone show, in numbers, to the second. Throws RangeError where there is no such zone. */
export function formatOfZone(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, made);
  return made;
}

/** Whether there is a time zone of that name in the IANA data base (`Europe/Berlin`, `UTC`). */
export function isTimeZone(name: string): boolean {
  try {
    formatOfZone(name);
    return true;
  } catch {
    return false;
  }
}
