import { createContext, use } from 'react';
import type { Release } from '../../api/types';
import type { Card, RollbackDestination } from '../../api/modules/deployment';

/** What a sheet confirms. `release` submits and applies at once, where no approval is asked. */
export type SheetCommand = 'submit' | 'release' | 'apply' | 'break_glass' | 'rollback' | 'cancel';
/** Through the command center: the card that is answered, and the words that stand on it. */
export type SheetCard = Card & { text: string };
export type SheetRequest = { command: SheetCommand; release: Release; to?: RollbackDestination | undefined; seen?: string | undefined; card?: SheetCard | undefined };

/** Opens the one confirm sheet; whatever starts a command (button, palette, inbox, command line) opens this and no other. */
export const SheetContext = createContext<(request: SheetRequest) => void>(() => undefined);
export const useSheet = () => use(SheetContext);
