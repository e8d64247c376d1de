import type { Icon } from '@tabler/icons-react';
import classes from './Tag.module.css';

export type TagColor = 'gray' | 'blue' | 'orange' | 'teal' | 'red' | 'green' | 'grape';

type Props = { color: TagColor; size?: 'sm' | 'md' | 'lg' | undefined; icon?: Icon; outline?: boolean; children: string };

/** A word with a colour, as Mantine's light badge looks: two elements and no script of its own, since long lists have three in each row. */
export function Tag({ color, size = 'md', icon: Icon, outline = false, children }: Props) {
  return (
    <span className={classes['tag']} data-color={color} data-size={size} data-outline={outline}>
      {Icon === undefined ? null : <Icon size={size === 'lg' ? 16 : 13} stroke={2.2} aria-hidden />}
      <span className={classes['word']}>{children}</span>
    </span>
  );
}
