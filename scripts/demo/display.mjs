const ansi = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' };
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Lines, and on a terminal one more that is alive below them. Colours only on a terminal, and not with NO_COLOR. */
export function createDisplay(out = process.stdout) {
  const live = out.isTTY;
  const coloured = live && !process.env.NO_COLOR;
  const paint = (colour, text) => (coloured ? `\u001b[${ansi[colour]}m${text}\u001b[0m` : text);
  let turn = 0;
  let shown = false;

  const wipe = () => {
    if (shown) out.write('\r\u001b[K');
    shown = false;
  };
  const say = (line = '') => {
    wipe();
    out.write(`${line}\n`);
  };
  /** One stage that is reached, with the time since the trouble began. */
  const stage = (elapsedMs, name, text) =>
    say(`  ${seconds(elapsedMs).padStart(7)}  ${paint('cyan', name.padEnd(8))}  ${text}`);
  /** What is being waited for; only a terminal shows it, and only until the next line. */
  const waiting = (elapsedMs, text) => {
    if (!live) return;
    const line = `  ${seconds(elapsedMs).padStart(7)}  ${spinner[turn++ % spinner.length]} ${text}`;
    out.write(`\r\u001b[K${line.slice(0, (out.columns || 80) - 1)}`);
    shown = true;
  };
  return { paint, say, stage, waiting, wipe };
}
