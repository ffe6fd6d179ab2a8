const redacted = '<redacted>';
const begin = /-----BEGIN [A-Z\d ]{1,40}-----/;
const end = /-----END [A-Z\d ]{1,40}-----/;
/** On one line, its line ends escaped; up to its end, or to that of the line. */
const whole = /-----BEGIN [A-Z\d ]{1,40}-----(?:(?!-----END)[^"'])*(?:-----END [A-Z\d ]{1,40}-----)?/g;
/** Within such a block, whatever a log has put before it: a full line of base64, a header, and its last line. */
const full = /((?:^|\s)"?)([A-Za-z\d+/=]{16,8192}|(?:Proc-Type|DEK-Info): .*)(?=\\?r?"?\s*$)/;
const last = /((?:^|\s)"?)([A-Za-z\d+/=]{1,15})(?=\\?r?"?\s*$)/;

/** Lines without the PEM blocks in them, also those whose beginning or end the lines do not have. */
export function redactPem(lines: readonly string[]): readonly string[] {
  const out: string[] = [];
  let isOpen = false;
  for (const line of lines) {
    const ending = end.exec(line);
    if (ending !== null && !begin.test(line)) {
      if (!isOpen) redactBefore(out);
      // What stands before its end, and what follows it on the line, stays.
      out.push(line.replace(/((?:^|\s)"?)[A-Za-z\d+/=]*-----END [A-Z\d ]{1,40}-----/, `$1${redacted}`));
      isOpen = false;
    } else if (begin.test(line)) {
      out.push(line.replace(whole, redacted));
      isOpen = ending === null;
    } else if (isOpen && (full.test(line) || line.trim() === '')) {
      out.push(line.replace(full, `$1${redacted}`));
    } else {
      // Its last line is short. Where the end was cut off, this may be an ordinary line, and the block is over.
      out.push(isOpen ? line.replace(last, `$1${redacted}`) : line);
      isOpen = false;
    }
  }
  return out;
}

/** The beginning of the block was cut off: the lines before its end that are nothing but base64, at their end. */
function redactBefore(out: string[]): void {
  for (let index = out.length - 1; index >= 0; index -= 1) {
    const line = out[index] ?? '';
    const pattern = index === out.length - 1 && !full.test(line) ? last : full;
    if (!pattern.test(line)) return;
    out[index] = line.replace(pattern, `$1${redacted}`);
  }
}
