/** Drawn for this page, on 20 by 20 units, in lines of the text's colour. */
const PATHS = {
  select: '<path d="M5 3.5v12l3.2-3 2 4.3 2-.9-2-4.2h4.3z"/>',
  hand: '<path d="M7 10V5a1.2 1.2 0 0 1 2.4 0v4M9.4 8.500V3.800a1.2 1.2 0 0 1 2.4 0V9M11.8 9V5a1.2 1.2 0 0 1 2.4 0v6.500c0 3.2-1.7 5.5-4.6 5.5-2 0-3.2-.8-4.2-2.400L3.2 11.200c-.5-1 .8-2 1.7-1.100L7 12"/>',
  rectangle: '<rect x="3.5" y="5" width="13" height="10" rx="1.5"/>',
  ellipse: '<ellipse cx="10" cy="10" rx="6.8" ry="6"/>',
  arrow: '<path d="M4 16 15.5 4.500M9 4.500h6.500V11"/>',
  pen: '<path d="m4 16 .8-3.400L13.6 3.800a1.4 1.4 0 0 1 2 0l.6.600a1.4 1.4 0 0 1 0 2L7.4 15.200zM12 5.400l2.6 2.6"/>',
  text: '<path d="M4.5 6V4.200h11V6M10 4.200v12M7.8 16.200h4.4"/>',
  sticky: '<path d="M4 4h12v7.500L11.5 16H4zM16 11.500h-4.500V16"/>',
  undo: '<path d="M7 4 3.5 7.5 7 11M3.5 7.500h8a4.5 4.5 0 0 1 0 9H8"/>',
  redo: '<path d="m13 4 3.5 3.500L13 11M16.5 7.500h-8a4.5 4.5 0 0 0 0 9H12"/>',
  bin: '<path d="M3.5 5.500h13M8 5.500v-2h4v2M5.2 5.500l.8 11h8l.8-11M8.5 8.500v5M11.5 8.500v5"/>',
  duplicate:
    '<rect x="7" y="7" width="9.5" height="9.5" rx="1.5"/><path d="M13 4.500V5a0 0 0 0 0 0 0M13 7V5A1.5 1.5 0 0 0 11.5 3.500H5A1.5 1.5 0 0 0 3.5 5v6.500A1.5 1.5 0 0 0 5 13h2"/>',
  front: '<path d="M10 16.500V6M6 10l4-4 4 4M4 3.500h12"/>',
  forward: '<path d="M10 16V4.500M6 8.500l4-4 4 4"/>',
  backward: '<path d="M10 4v11.500M6 11.500l4 4 4-4"/>',
  back: '<path d="M10 3.500V14M6 10l4 4 4-4M4 16.500h12"/>',
  fill: '<rect x="3.5" y="3.5" width="13" height="13" rx="2" fill="currentColor" fill-opacity=".3"/>',
  plus: '<path d="M10 4v12M4 10h12"/>',
  minus: '<path d="M4 10h12"/>',
  fit: '<path d="M3.5 7.500v-4h4M12.5 3.500h4v4M16.5 12.500v4h-4M7.5 16.500h-4v-4"/>',
  help: '<path d="M7.2 7.400a2.8 2.8 0 1 1 4.3 2.400c-1 .6-1.5 1.2-1.5 2.300M10 15.200v.1"/>',
  download: '<path d="M10 3.500V13M6 9.200l4 4 4-4M3.5 16.500h13"/>',
  close: '<path d="m5 5 10 10M15 5 5 15"/>',
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): string {
  return `<svg viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${PATHS[name]}</svg>`;
}
