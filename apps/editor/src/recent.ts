const KEY = 'syncline.recent';
const MOST = 8;

/** The documents that were opened in this browser, the latest first. */
export function recentDocuments(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((name) => typeof name === 'string') : [];
  } catch {
    return []; // storage is off, or somebody else wrote there
  }
}

export function rememberDocument(name: string): void {
  const names = [name, ...recentDocuments().filter((other) => other !== name)].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(names));
  } catch {
    // Storage is off: there are no recent documents then.
  }
}
