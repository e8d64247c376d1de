import { createTheme, defaultVariantColorsResolver, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

// Mantine's own green, teal and orange are too light for text on them (WCAG 1.4.3), hence shades 7 to 9 of our own.
const green: MantineColorsTuple = ['#ebfbee', '#d3f9d8', '#b2f2bb', '#8ce99a', '#69db7c', '#51cf66', '#40c057', '#2f9e44', '#237a36', '#1b5e2a'];
const teal: MantineColorsTuple = ['#e6fcf5', '#c3fae8', '#96f2d7', '#63e6be', '#38d9a9', '#20c997', '#12b886', '#0c8f6b', '#087055', '#075a44'];
const red: MantineColorsTuple = ['#fff5f5', '#ffe3e3', '#ffc9c9', '#ffa8a8', '#ff8787', '#ff6b6b', '#fa5252', '#d92f2f', '#c22525', '#a01b1b'];
const orange: MantineColorsTuple = ['#fff4e6', '#ffe8cc', '#ffd8a8', '#ffc078', '#ffa94d', '#ff922b', '#fd7e14', '#c2410c', '#a8380b', '#8a2d08'];

/** A wash of a colour: text in its darkest or lightest shade stays readable on it. */
const tint = (name: string, percent: number) => `color-mix(in srgb, var(--mantine-color-${name}-6) ${percent}%, transparent)`;

export const theme = createTheme({
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  luminanceThreshold: 0.3,
  colors: { green, teal, red, orange },
  defaultRadius: 'md',
  respectReducedMotion: true,
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem', lineHeight: '1.3' }, h2: { fontSize: '1.0625rem', lineHeight: '1.4' }, h3: { fontSize: '0.9375rem', lineHeight: '1.4' } } },
  // By name: the components themselves are fetched with the pages that use them.
  components: {
    Alert: { classNames: { root: 'alert' } },
    Anchor: { defaultProps: { inherit: true } },
    // Their headers are no banners of the page.
    Modal: { defaultProps: { attributes: { header: { role: 'presentation' } } } },
    Drawer: { defaultProps: { attributes: { header: { role: 'presentation' } } } },
    Tooltip: { defaultProps: { events: { hover: true, focus: true, touch: true }, multiline: true, maw: 320, withArrow: true } },
    Badge: { defaultProps: { tt: 'none', variant: 'light', fw: 600 } },
  },
  variantColorResolver: (input) => {
    const resolved = defaultVariantColorsResolver(input);
    const name = input.color ?? 'blue';
    if (input.variant === 'subtle') return { ...resolved, hover: tint(name, 15) };
    if (input.variant !== 'light') return resolved;
    return { ...resolved, background: tint(name, 15), hover: tint(name, 22), color: `light-dark(var(--mantine-color-${name}-9), var(--mantine-color-${name}-2))` };
  },
});

/** Mantine's dimmed, placeholder and error colours fail WCAG AA as well. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#495057',
    '--mantine-color-placeholder': '#5c636a',
    '--mantine-color-error': '#b42318',
    '--mantine-color-anchor': '#1864ab',
    '--line': '#dee2e6',
    '--surface': '#ffffff',
    '--canvas': '#f6f7f9',
  },
  dark: {
    '--mantine-color-dimmed': '#b8b8b8',
    '--mantine-color-placeholder': '#a6a6a6',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#74c0fc',
    '--mantine-color-body': '#16171a',
    '--line': '#35373d',
    '--surface': '#1e2024',
    '--canvas': '#16171a',
  },
});
