// What may stand in JSON where a number does; texts are matched too, so that digits in them are left alone.
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON in which each number is the text that stood there: what is parsed of it has lost no digit. */
export function quoteNumbers(json: string): string {
  return json.replace(TEXT_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`));
}
