import { StyleModule } from 'style-mod';

/**
 * Puts CodeMirror's styles into a sheet that the document adopts, as it does in a shadow root: the policy of the pages forbids
 * style elements. In the order of the cascade they come after the page's own.
 */
export function adoptStyles(): void {
  const adopting = {
    ownerDocument: document,
    get adoptedStyleSheets() {
      return document.adoptedStyleSheets;
    },
    set adoptedStyleSheets(sheets) {
      document.adoptedStyleSheets = sheets;
    },
  };
  const mount = StyleModule.mount.bind(StyleModule);
  StyleModule.mount = (root, modules) =>
    mount(root === document ? (adopting as unknown as Document) : root, modules);
}
