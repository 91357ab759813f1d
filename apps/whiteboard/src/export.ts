import type { Palette } from './palette.ts';
import { drawShape } from './render/shapes.ts';
import { pictureBox, svgOf } from './render/svg.ts';
import type { Shape } from './shape.ts';

/** Pixels of a picture to a unit of the board. */
const SHARPNESS = 2;
/** Browsers draw no larger canvas. */
const LONGEST_SIDE = 8192;

export type PictureType = 'png' | 'svg';

/** Downloads shapes as a picture. */
export async function downloadPicture(
  type: PictureType,
  name: string,
  shapes: readonly Shape[],
  palette: Palette,
): Promise<void> {
  const blob =
    type === 'svg'
      ? new Blob([svgOf(shapes, palette)], { type: 'image/svg+xml' })
      : await pngOf(shapes, palette);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  // What file systems do not allow in names.
  link.download = `${name.replaceAll(/[/\\:*?"<>|]+/g, '-').slice(0, 100)}.${type}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function pngOf(shapes: readonly Shape[], palette: Palette): Promise<Blob> {
  const box = pictureBox(shapes) ?? { x: 0, y: 0, w: 1, h: 1 };
  const scale = Math.min(SHARPNESS, LONGEST_SIDE / Math.max(box.w, box.h));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(box.w * scale));
  canvas.height = Math.max(1, Math.round(box.h * scale));
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser has no canvas');
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, -box.x * scale, -box.y * scale);
  for (const shape of shapes) drawShape(context, shape, palette, { zoom: scale });
  return await new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)));
  });
}
