import { lazy, Suspense, useState, type ReactNode } from 'react';
import { SheetContext, type SheetRequest } from './useSheet';

const ReleaseSheet = lazy(() => import('./ReleaseSheet').then((m) => ({ default: m.ReleaseSheet })));

/** Holds the sheet above all pages. */
export function SheetProvider({ children }: { children: ReactNode }) {
  const [request, setRequest] = useState<SheetRequest>();
  return (
    <SheetContext value={setRequest}>
      {children}
      <Suspense fallback={null}>{request === undefined ? null : <ReleaseSheet key={`${request.command} ${request.release.id}`} request={request} onClose={() => setRequest(undefined)} />}</Suspense>
    </SheetContext>
  );
}
