import type { Editor } from '@tiptap/core';

/** What a button of the toolbar does. */
export interface Tool {
  readonly label: string;
  /** As ProseMirror names keys; `Mod` is Ctrl, or Cmd on a Mac. */
  readonly keys?: string;
  /** Lines on a square of 24. */
  readonly icon: string;
  readonly run: (editor: Editor) => void;
  /** What the selection is in, for those that are switched on and off. */
  readonly active?: readonly [string, Readonly<Record<string, unknown>>?];
  /** Default: always. */
  readonly isAvailable?: (editor: Editor) => boolean;
}

const H = 'M4 6v12M11 6v12M4 12h7';
const DIGITS = {
  1: 'M15.5 11.3l3-2V18',
  2: 'M15 11.5c.3-2.6 5.2-2.6 5.2.2 0 2.3-5.2 3.3-5.2 6.3h5.5',
  3: 'M15 9.3h5.2l-3 3.4c1.9 0 3.3 1 3.3 2.7 0 3-4.4 3.5-5.8 1.3',
} as const;

const heading = (level: 1 | 2 | 3): Tool => ({
  label: `Heading ${level}`,
  keys: `Mod-Alt-${level}`,
  icon: H + DIGITS[level],
  run: (editor) => editor.chain().focus().toggleHeading({ level }).run(),
  active: ['heading', { level }],
});

/** The tools in groups, as they stand side by side. Their keys are Tiptap's own, but for the link's. */
export function toolsOf(openLink: () => void): readonly (readonly Tool[])[] {
  return [
    [
      {
        label: 'Undo',
        keys: 'Mod-z',
        icon: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
        run: (editor) => editor.chain().focus().undo().run(),
        isAvailable: (editor) => editor.can().undo(),
      },
      {
        label: 'Redo',
        keys: 'Mod-Shift-z',
        icon: 'm15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3',
        run: (editor) => editor.chain().focus().redo().run(),
        isAvailable: (editor) => editor.can().redo(),
      },
    ],
    [heading(1), heading(2), heading(3)],
    [
      {
        label: 'Bold',
        keys: 'Mod-b',
        icon: 'M7 5h6.5a3.5 3.5 0 0 1 0 7H7zM7 12h7.5a3.5 3.5 0 0 1 0 7H7z',
        run: (editor) => editor.chain().focus().toggleBold().run(),
        active: ['bold'],
      },
      {
        label: 'Italic',
        keys: 'Mod-i',
        icon: 'M11 5h7M6 19h7M14.5 5l-5 14',
        run: (editor) => editor.chain().focus().toggleItalic().run(),
        active: ['italic'],
      },
      {
        label: 'Strike through',
        keys: 'Mod-Shift-s',
        icon: 'M16.5 7.5C16 5.5 14 5 12 5c-2.5 0-4.5 1.2-4.5 3.3 0 1.5 1 2.4 2.5 2.9M4 12.5h16M7.5 16.5c.5 2 2.3 2.5 4.5 2.5 2.7 0 4.7-1.2 4.7-3.4 0-1.2-.5-2-1.4-2.6',
        run: (editor) => editor.chain().focus().toggleStrike().run(),
        active: ['strike'],
      },
      {
        label: 'Code',
        keys: 'Mod-e',
        icon: 'm8 7-5 5 5 5M16 7l5 5-5 5',
        run: (editor) => editor.chain().focus().toggleCode().run(),
        active: ['code'],
      },
      {
        label: 'Link',
        keys: 'Mod-k',
        icon: 'M10 14a4.5 4.5 0 0 0 6.4 0l3-3A4.5 4.5 0 0 0 13 4.6l-1.2 1.2M14 10a4.5 4.5 0 0 0-6.4 0l-3 3A4.5 4.5 0 0 0 11 19.4l1.2-1.2',
        run: openLink,
        active: ['link'],
      },
    ],
    [
      {
        label: 'Bullet list',
        keys: 'Mod-Shift-8',
        icon: 'M9 6h12M9 12h12M9 18h12M4 6h.01M4 12h.01M4 18h.01',
        run: (editor) => editor.chain().focus().toggleBulletList().run(),
        active: ['bulletList'],
      },
      {
        label: 'Numbered list',
        keys: 'Mod-Shift-7',
        icon: 'M10 6h11M10 12h11M10 18h11M3.5 5 5 4v5M3.5 15.2c.3-.8 2.5-.9 2.5.5 0 1-2.5 1.5-2.5 3.3H6',
        run: (editor) => editor.chain().focus().toggleOrderedList().run(),
        active: ['orderedList'],
      },
      {
        label: 'Quote',
        keys: 'Mod-Shift-b',
        icon: 'M4 5v14M9 7h11M9 12h11M9 17h7',
        run: (editor) => editor.chain().focus().toggleBlockquote().run(),
        active: ['blockquote'],
      },
      {
        label: 'Code block',
        keys: 'Mod-Alt-c',
        icon: 'M4 4h16v16H4zM10 9l-3 3 3 3M14 9l3 3-3 3',
        run: (editor) => editor.chain().focus().toggleCodeBlock().run(),
        active: ['codeBlock'],
      },
      {
        label: 'Line across',
        icon: 'M3 12h18',
        run: (editor) => editor.chain().focus().setHorizontalRule().run(),
      },
    ],
  ];
}
