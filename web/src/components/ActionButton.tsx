import { Button, Tooltip, type ButtonProps } from '@mantine/core';
import { useId, type ReactNode } from 'react';
import { useReason, type AnyAction } from './useReason';

type Props = Omit<ButtonProps, 'disabled'> & {
  /** What the server says this caller may do; undefined where nothing was said, which is a no. */
  action: AnyAction | undefined;
  onClick: () => void;
  children: ReactNode;
};

/**
 * A button for one of the server's `actions`. One that is not allowed stays where it is and can be focused: it says why
 * and who can, to the eye and to assistive technology.
 */
export function ActionButton({ action, onClick, children, ...rest }: Props) {
  const { whyNot } = useReason();
  const id = useId();
  if (action?.allowed === true) {
    return (
      <Button {...rest} onClick={onClick}>
        {children}
      </Button>
    );
  }
  const why = whyNot(action);
  return (
    <>
      <Tooltip label={why.map((line) => <div key={line}>{line}</div>)}>
        <Button
          {...rest}
          variant="default"
          aria-disabled="true"
          aria-describedby={id}
          data-disabled-look=""
          styles={{ root: { cursor: 'not-allowed', color: 'var(--mantine-color-dimmed)', borderStyle: 'dashed' } }}
          onClick={(event) => event.preventDefault()}
        >
          {children}
        </Button>
      </Tooltip>
      <span id={id} className="visually-hidden">
        {why.join(' ')}
      </span>
    </>
  );
}
