/** Colour of terminal text; the only place that writes escape sequences. */

import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export type Painter = (style: Style, text: string) => string;

/** Whether to paint is the caller's decision (a terminal, NO_COLOR), never guessed here. */
export function painter(enabled: boolean): Painter {
  return (style, text) => (enabled ? styleText(style, text, { validateStream: false }) : text);
}
