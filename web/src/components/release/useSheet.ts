import { createContext, use } from 'react';
import type { Release } from '../../api/types';
import type { RollbackDestination } from '../../api/modules/deployment';

/** What a sheet confirms. `release` submits and applies at once, where no approval is asked. */
export type SheetCommand = 'submit' | 'release' | 'apply' | 'break_glass' | 'rollback' | 'cancel';
export type SheetRequest = { command: SheetCommand; release: Release; to?: RollbackDestination | undefined; seen?: string | undefined };

/** Opens the one confirm sheet; whatever starts a command (button, palette, inbox, command line) opens this and no other. */
export const SheetContext = createContext<(request: SheetRequest) => void>(() => undefined);
export const useSheet = () => use(SheetContext);
