/** JSON of unknown origin. */

/** Whether a text nests lists and objects deeper than `limit`, whatever else it is: `JSON.parse` takes hundreds of bytes for each level. */
export function isDeeper(text: string, limit: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') for (i++; i < text.length && text[i] !== '"'; i++) i += text[i] === '\\' ? 1 : 0;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (depth > limit) return true;
  }
  return false;
}

/** The first name that stands twice in one object of valid JSON: `JSON.parse` keeps the last without a word. */
export function duplicateName(json: string): string | undefined {
  const objects: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    if (json[i] === '{') objects.push(new Set());
    else if (json[i] === '}') objects.pop();
    if (json[i] !== '"') continue;
    const start = i++;
    while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
    let next = i + 1;
    while (/\s/.test(json[next] ?? '')) next++;
    if (json[next] !== ':') continue;
    const name: string = JSON.parse(json.slice(start, i + 1));
    if (objects.at(-1)?.has(name)) return name;
    objects.at(-1)?.add(name);
  }
  return undefined;
}

/** A value of parsed JSON for a message. It must not be deep. */
export function showJson(value: unknown): string {
  return shorten(String(JSON.stringify(value)));
}

/** The beginning of a text, if it is long. */
export function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}..` : text;
}
