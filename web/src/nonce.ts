import { setNonce } from 'get-nonce';

/** What the server wrote into this page for its Content-Security-Policy; undefined under a development server. */
export const cspNonce: string | undefined = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce || undefined;
if (cspNonce !== undefined) setNonce(cspNonce);
