/** Numbers in attributes are as short as they can be. */
export function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Readable on a light page and on a dark one: who looks at it says which. */
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #3d444d }
.title { font-size: 15px; font-weight: 600; fill: #1f2328 }
.strong { font-weight: 600; fill: #1f2328 }
.small { font-size: 12px }
.end { text-anchor: end }
.middle { text-anchor: middle }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.axis { stroke: #818b98; stroke-width: 1 }
.own { fill: #1a7f64 }
.peer { fill: #a6b0ba }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
.s0 { stroke: #1a7f64 } .f0 { fill: #1a7f64 }
.s1 { stroke: #b35900 } .f1 { fill: #b35900 }
.s2 { stroke: #5b5bd6 } .f2 { fill: #5b5bd6 }
.mark { stroke: #1f2328; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #b7bdc8 }
  .title, .strong { fill: #f0f6fc }
  .grid { stroke: #3d444d }
  .axis { stroke: #9198a1 }
  .own { fill: #3fbf9b }
  .peer { fill: #59626c }
  .s0 { stroke: #3fbf9b } .f0 { fill: #3fbf9b }
  .s1 { stroke: #f0943a } .f1 { fill: #f0943a }
  .s2 { stroke: #9d9df5 } .f2 { fill: #9d9df5 }
  .mark { stroke: #f0f6fc }
}`;

export interface Text {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  /** Classes of the style. */
  readonly style?: string;
}

export function text({ x, y, text, style }: Text): string {
  const classes = style === undefined ? '' : ` class="${style}"`;
  return `<text x="${at(x)}" y="${at(y)}"${classes}>${escapeXml(text)}</text>`;
}

export function line(style: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="${style}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`;
}

/** A whole picture, with a transparent ground. */
export function svg(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${at(width)} ${at(height)}" width="${at(width)}" height="${at(height)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}
