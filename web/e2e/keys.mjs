// A person without a mouse: goes with Tab, sees where they stand, and is held nowhere.
import assert from 'node:assert/strict';

/** More stops than any page has. */
const MOST = 400;
/** More stops than the field of a date and its button have. */
const PARTS = 8;

/** Put into the page once: what stands in focus, and how it looks. */
const LOOK = () => {
  const STYLES = ['outlineStyle', 'outlineWidth', 'outlineColor', 'boxShadow', 'borderTopColor', 'backgroundColor', 'transform', 'textDecorationLine', 'clipPath', 'color'];
  const styles = (element) => STYLES.map((name) => getComputedStyle(element)[name]).join();
  /** What may show that `element` has focus: it, what stands beside it (the box of a hidden input), what holds it. */
  const around = (element) => [element, ...(element.parentElement?.children ?? []), element.parentElement, element.parentElement?.parentElement].filter((each) => each !== null && each !== undefined);
  const seen = (element) => {
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
    if (width === 0 || height === 0) return 'has no size';
    if (bottom <= 0 || top >= innerHeight || right <= 0 || left >= innerWidth) return 'is outside of the window';
    // A part of what is longer than the window is enough (2.4.11).
    const at = (x, y) => document.elementFromPoint(Math.min(Math.max(x, 1), innerWidth - 2), Math.min(Math.max(y, 1), innerHeight - 2));
    const points = [[(left + right) / 2, (top + bottom) / 2], [left + 3, top + 3], [right - 3, bottom - 3]].map(([x, y]) => at(x, y));
    const own = (found) => found !== null && (element.contains(found) || found.contains(element) || element.parentElement?.contains(found));
    return points.some(own) ? undefined : `is under ${points[0]?.className}`;
  };
  const name = (element) => `${element.tagName.toLowerCase()}${element.getAttribute('role') === null ? '' : `[${element.getAttribute('role')}]`} "${(element.getAttribute('aria-label') ?? (element.labels?.[0]?.innerText || element.innerText) ?? '').trim().slice(0, 40)}"`;
  const TABBED = 'a[href], button, input, select, textarea, summary, [contenteditable=true], [tabindex]';
  const radio = (element) => element.type === 'radio' && !element.checked;
  const mark = (element) => {
    if (element === null || element === document.body) return { wrong: [] };
    element.dataset.stop ??= String((window.focusStops = (window.focusStops ?? 0) + 1));
    return { at: element.dataset.stop, name: name(element), wrong: [] };
  };
  let last;
  window.focusLook = {
    /** What Tab should have met and has not. */
    missed: () => [...document.querySelectorAll(TABBED)].filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }) && !radio(each) && each.dataset.stop === undefined).map(name),
    /** Where focus is now; `undefined` where nothing has it. Looked at, says of the stop before whether its focus was to be seen. */
    async step(look) {
      if (!look) return mark(document.activeElement);
      // Even without motion, styles take a frame to change.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      await Promise.all(document.getAnimations().filter((each) => each.effect?.getComputedTiming().iterations !== Infinity).map((each) => each.finished.catch(() => undefined)));
      const now = document.activeElement;
      const gone = last;
      // A date has a stop for each of its parts; and the last one of a page keeps it when the browser has nowhere else to go.
      if (now === gone?.element) return { at: now.dataset.stop, wrong: [] };
      const wrong = gone !== undefined && gone.element.isConnected && gone.styles === around(gone.element).map(styles).join('|') ? [`${gone.name} looks as without focus`] : [];
      if (now === null || now === document.body) {
        last = undefined;
        return { wrong };
      }
      const hidden = seen(now);
      if (hidden !== undefined) wrong.push(`${name(now)} ${hidden}`);
      if (gone !== undefined && gone.element.isConnected && gone.element.compareDocumentPosition(now) & Node.DOCUMENT_POSITION_PRECEDING) wrong.push(`${name(now)} comes after ${gone.name} and stands before it`);
      last = { element: now, name: name(now), styles: around(now).map(styles).join('|') };
      return { ...mark(now), wrong };
    },
  };
};

export class Keys {
  constructor(page) {
    this.page = page;
  }

  press = (key) => this.page.keyboard.press(key);
  type = (text) => this.page.keyboard.type(text);

  /** Goes on with Tab until it stands on what is meant, which is then to be seen. */
  async to(target) {
    for (let presses = 0; presses < MOST; presses += 1) {
      // Found anew each time: what opens meanwhile may be another element.
      if (await target.evaluate((each) => each === document.activeElement)) {
        await this.page.evaluate(LOOK);
        const { wrong } = await this.page.evaluate(() => window.focusLook.step(true));
        assert.deepEqual(wrong, []);
        return;
      }
      await this.press('Tab');
    }
    throw new Error(`${target} is not reached with Tab`);
  }

  /** Goes to a control and presses it. */
  async use(target) {
    await this.to(target);
    await this.press('Enter');
  }

  /** Where a page or a step of it begins: nobody starts at its top again. */
  async stands(selector) {
    await this.page.waitForFunction((what) => document.activeElement?.matches(what), selector);
  }

  /** All the way round, from the first stop to the last: each by its mark with its name, and what is wrong with them. */
  async round(key = 'Tab') {
    const { page } = this;
    await page.evaluate(LOOK);
    const step = (look = key === 'Tab') => page.evaluate((given) => window.focusLook.step(given), look);
    const begun = await step(true);
    const [seen, wrong] = [new Map(begun.at === undefined ? [] : [[begun.at, begun.name]]), []];
    let [stood, parts, outside] = [begun.at, 0, 0];
    for (let presses = 0; presses < MOST; presses += 1) {
      await this.press(key);
      const { at, name, wrong: found } = await step();
      parts = at === stood ? parts + 1 : 0;
      stood = at;
      if (parts > 0 && parts < PARTS) continue;
      outside += at === undefined ? 1 : 0;
      wrong.push(...found.filter((each) => !(seen.has(at) && /stands before it/.test(each))));
      // Between the last stop and the first there is the browser itself: once round it is met at most once.
      if (at === undefined && outside < 2) continue;
      if (at === undefined || seen.has(at)) {
        const missed = await page.evaluate(() => window.focusLook.missed());
        return { stops: seen, wrong: [...wrong, ...missed.map((each) => `${each} is not met with ${key}`)] };
      }
      seen.set(at, name);
    }
    return { stops: seen, wrong: [...wrong, `${key} does not come round in ${MOST} presses`] };
  }
}
