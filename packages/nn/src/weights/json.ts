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
