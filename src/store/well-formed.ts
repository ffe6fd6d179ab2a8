/** For `JSON.stringify`: half a surrogate pair is JSON to JavaScript and an error to Redis' own parser. */
export const wellFormed = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed() : value;
