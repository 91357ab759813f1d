import { KIND_NAMES, pageOf } from '@syncline/app-common/address';
import { forgetDocument, type Recent, recentDocuments } from '@syncline/app-common/recent';

const SVG = 'http://www.w3.org/2000/svg';

/** Lists what was opened in this browser; hidden when there is nothing. */
export function showRecent(section: HTMLElement): void {
  const documents = recentDocuments();
  section.hidden = documents.length === 0;
  section.querySelector('ul')?.replaceChildren(...documents.map((recent) => item(recent, section)));
}

function item(recent: Recent, section: HTMLElement): HTMLElement {
  const { kind, name } = recent;
  const link = document.createElement('a');
  link.href = pageOf(kind, name);
  const title = document.createElement('span');
  title.className = 'title';
  title.textContent = name;
  const label = document.createElement('span');
  label.className = 'kind';
  label.textContent = KIND_NAMES[kind];
  link.append(icon(`icon-${kind}`), title, label);

  const forget = document.createElement('button');
  forget.type = 'button';
  forget.className = 'forget';
  forget.setAttribute('aria-label', `Take ${name} off this list`);
  forget.title = 'Take it off this list';
  forget.append(icon('icon-forget'));
  forget.addEventListener('click', () => {
    const at = [...section.querySelectorAll('.forget')].indexOf(forget);
    forgetDocument(kind, name);
    showRecent(section);
    // The focus goes to what took its place.
    const rest = section.querySelectorAll<HTMLElement>('.forget');
    (rest[at] ?? rest[at - 1] ?? document.querySelector<HTMLElement>('#name'))?.focus();
  });

  const element = document.createElement('li');
  element.append(link, forget);
  return element;
}

function icon(id: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#${id}`);
  svg.append(use);
  return svg;
}
