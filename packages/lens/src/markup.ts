/** Text inside HTML and SVG. */
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => escapes[character]!);
}

export function each<T>(items: readonly T[], render: (item: T, i: number) => string): string {
  return items.map(render).join('');
}
