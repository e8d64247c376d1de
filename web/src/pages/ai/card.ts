/** What a card asks for, as the commands of a release's own page. */
import type { AssistantCard, Release } from '../../api/types';
import type { Command } from '../../components/release/flow';
import type { SheetCommand } from '../../components/release/useSheet';

const COMMANDS: Readonly<Record<string, SheetCommand>> = { submit_release: 'submit', apply_release: 'apply', cancel_release: 'cancel', rollback_release: 'rollback' };

/** Where no approval is asked, applying submits as well; undefined for a tool that this page does not know (a newer server's). */
export function commandOf(card: AssistantCard, release: Release): SheetCommand | undefined {
  const command = COMMANDS[card.tool];
  return command === 'apply' && release.lifecycle_state === 'previewed' ? 'release' : command;
}

/** The words on a card that its person may edit. */
export function textOf(card: AssistantCard): string {
  const { comment, reason } = card.arguments as { comment?: unknown; reason?: unknown };
  return typeof comment === 'string' ? comment : typeof reason === 'string' ? reason : '';
}

/** The commands of a release's page that can be said here, by their keys in the texts. */
export const SAID = { preview: 'preview', submit: 'submit', release: 'apply', apply: 'apply', rollback: 'rollback', cancel: 'cancel' } as const satisfies Partial<Record<Command, string>>;
export type Sayable = keyof typeof SAID;
export const isSayable = (command: Command): command is Sayable => command in SAID;
