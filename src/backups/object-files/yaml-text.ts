import { Document, Scalar, visit } from 'yaml';

/** Words that are texts in every version of YAML: kubectl reads 1.1, where `yes`, `0o17` and `12:30:45` are something else. */
const plain = /^[A-Za-z][A-Za-z0-9_./-]*$/;
const meansSomething = /^(y|yes|n|no|on|off|true|false|null|nan|inf)$/i;
/** Lines that look in the file as they are. */
const lines = /^[^\s][\t\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
/** Ends of lines, to some; one that is in a text is not to be seen in the file. */
const unseen = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

const typeOf = (text: string, isKey: boolean): Scalar.Type => {
  if (plain.test(text) && !meansSomething.test(text)) return Scalar.PLAIN;
  return !isKey && text.includes('\n') && lines.test(text) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
};

/** An object as a document of YAML, which every version of it reads as what it is. The same text for the same object. */
export function yamlText(object: Readonly<Record<string, unknown>>): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(key, node) {
      if (typeof node.value === 'string') node.type = typeOf(node.value, key === 'key');
    },
  });
  const text = document.toString({ lineWidth: 0 });
  // They stand between double quotes only.
  return text.replace(unseen, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
