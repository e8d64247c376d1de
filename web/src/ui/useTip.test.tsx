import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderPart } from '../test/render';
import { useTip } from './useTip';

function Tipped() {
  const { props, tip } = useTip<HTMLButtonElement>(() => 'more about it');
  return (
    <>
      <button type="button" {...props}>
        it
      </button>
      {tip}
    </>
  );
}

it('stands while its target is pointed at or has focus, until Escape', async () => {
  await renderPart(<Tipped />);
  const target = screen.getByRole('button');
  const shown = () => screen.queryByText('more about it') !== null;
  expect(shown()).toBe(false);
  fireEvent.pointerEnter(target);
  expect(shown()).toBe(true);
  fireEvent.pointerLeave(target);
  expect(shown()).toBe(false);
  fireEvent.focus(target);
  expect(shown()).toBe(true);
  fireEvent.keyDown(document.body, { key: 'a' });
  expect(shown()).toBe(true);
  fireEvent.keyDown(document.body, { key: 'Escape' });
  expect(shown()).toBe(false);
});
