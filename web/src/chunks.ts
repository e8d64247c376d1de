/**
 * A file that could not be fetched (a network that changed, a server that restarts) is asked for again before anybody hears
 * of it.
 */
const AGAIN_MS = 700;
const TRIES = 4;

const pause = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS));

/** Loads a chunk, and once more where that failed. */
export const again = <Module>(load: () => Promise<Module>): Promise<Module> => load().catch(() => pause().then(load));

function restyle(url: string, tries = TRIES) {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = url;
  link.addEventListener('error', () => {
    link.remove();
    if (tries > 1) void pause().then(() => restyle(url, tries - 1));
  });
  document.head.append(link);
}

/** A page without one of its styles is better than none; the style follows. */
export function mendStyles() {
  window.addEventListener('vite:preloadError', (event) => {
    const url = /^Unable to preload CSS for (\S+)$/.exec(event.payload.message)?.[1];
    if (url === undefined) return;
    event.preventDefault();
    restyle(url);
  });
}
