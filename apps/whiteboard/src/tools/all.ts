import { CreateTool } from './create.ts';
import { HandTool } from './hand.ts';
import { PenTool } from './pen.ts';
import { SelectTool } from './select.ts';
import { TextTool } from './text.ts';
import type { Desk, Tool, ToolName } from './tool.ts';

/** A tool of each kind, for a desk. */
export function toolsOf(
  desk: Desk,
  pan: (dx: number, dy: number) => void,
): Readonly<Record<ToolName, Tool>> {
  return {
    select: new SelectTool(desk),
    hand: new HandTool(pan),
    rectangle: new CreateTool(desk, 'rectangle'),
    ellipse: new CreateTool(desk, 'ellipse'),
    arrow: new CreateTool(desk, 'arrow'),
    pen: new PenTool(desk),
    text: new TextTool(desk),
    sticky: new CreateTool(desk, 'sticky'),
  };
}
