/** Text as it stands in XML that is written here: escaped, without what XML 1.0 cannot hold (§2.2). */

const unfit =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const names: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Between tags. A carriage return would be read as a line feed. */
export function inText(text: string): string {
  return text.replace(unfit, '').replace(/[&<>\r]/g, (one) => names[one] ?? one);
}

/** Between double quotes, where a line feed or a tab would be read as a space. */
export function inAttribute(text: string): string {
  return text.replace(unfit, '').replace(/[&<>"\r\n\t]/g, (one) => names[one] ?? one);
}
