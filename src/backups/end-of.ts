/** How a program ended, with the end of what it complained of: `with exit code 1: permission denied`, `by SIGKILL`. */
export function endOf(ended: number | string, complaint: string): string {
  const how = typeof ended === 'number' ? `with exit code ${ended}` : `by ${ended}`;
  const said = complaint.trim().split('\n').slice(-5).join('; ');
  return said === '' ? how : `${how}: ${said}`;
}
