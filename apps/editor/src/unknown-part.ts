/** Stands, with its name, for what a page has no form for. */
export function unknownPart(name: string, isInline: boolean): HTMLElement {
  const element = document.createElement(isInline ? 'span' : 'div');
  element.className = 'unknown';
  element.dataset['name'] = name.slice(0, 100);
  return element;
}
