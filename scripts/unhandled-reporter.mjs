import { writeFileSync } from 'node:fs';

/**
 * A reporter of vitest: how many errors came outside of any test, which its results as JSON do not tell, is written to the
 * file that UNHANDLED_ERRORS names.
 */
export default class {
  onTestRunEnd(_modules, errors) {
    if (process.env.UNHANDLED_ERRORS) writeFileSync(process.env.UNHANDLED_ERRORS, String(errors.length));
  }
}
