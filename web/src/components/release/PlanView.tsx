import { Alert, Badge, Button, Group, List, Skeleton, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconChevronDown, IconChevronRight, IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { planObjectQuery } from '../../api/modules/deployment';
import type { Change, Preview } from '../../api/types';
import { useShortcuts } from '../../ui/useShortcuts';
import { CopyText } from '../CopyText';
import { ProblemNotice } from '../ProblemNotice';
import { SIGN } from './ChangeLine';
import { PlanCounts } from './PlanCounts';
import { LongRows } from '../../ui/LongRows';
import { Segments } from '../../ui/Segments';
import { saveText } from '../../ui/saveText';
import classes from './plan.module.css';

const DiffView = lazy(() => import('./DiffView'));

/** Beyond either, one object is offered as a download. */
const SHOWN_BYTES = 2 * 1024 * 1024;
const SHOWN_LINES = 20_000;
/** Height of a closed section, px. */
const CLOSED = 54;

/** What is shown of a preview: a ticket has as much. */
type Shown = Pick<Preview, 'plan' | 'plan_hash' | 'kind' | 'checks' | 'warnings'>;

type Props = {
  releaseId: string;
  preview: Shown;
  /** The object named in the address. */
  linked: string | undefined;
  linkTo: (key: string) => string;
  /** The hunk of that object named in the address. */
  hunk?: string | undefined;
};

/** What an apply would do, object by object: counts, risks and failed checks first, then a section each. */
export function PlanView({ releaseId, preview, linked, linkTo, hunk }: Props) {
  const { t } = useTranslation(['releases', 'codes']);
  const { plan } = preview;
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(linked === undefined ? [] : [linked]));
  const [mode, setMode] = useState<'unified' | 'split'>('unified');
  const [unchangedToo, setUnchangedToo] = useState(false);
  const rows = useMemo(() => plan.changes.filter((c) => unchangedToo || c.action !== 'unchanged' || c.key === linked), [plan.changes, unchangedToo, linked]);
  const list = useRef<HTMLDivElement>(null);
  const toggle = (key: string) =>
    setOpen((now) => {
      const next = new Set(now);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  const all = rows.length > 0 && rows.every((c) => open.has(c.key));
  const toggleAll = () => setOpen(all ? new Set() : new Set(rows.map((c) => c.key)));
  const shortcuts = useMemo(() => {
    const step = (by: 1 | -1) => () => {
      const heads = [...(list.current?.querySelectorAll<HTMLElement>('[data-change]') ?? [])];
      const at = heads.findIndex((h) => h === document.activeElement);
      heads[at === -1 ? 0 : Math.min(Math.max(at + by, 0), heads.length - 1)]?.focus();
    };
    return { n: step(1), p: step(-1), u: () => setMode((m) => (m === 'unified' ? 'split' : 'unified')), e: toggleAll };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rows, all]);
  useShortcuts(shortcuts);

  const risks = plan.changes.flatMap((c) => c.risks.map((risk) => ({ change: c, risk })));
  const failed = preview.checks.filter((c) => c.status === 'failed');
  const unchanged = plan.changes.length - plan.changes.filter((c) => c.action !== 'unchanged').length;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <PlanCounts summary={plan.summary} words />
        <Group gap="xs">
          <Segments className={classes['mode']} label={t('releases:plan.mode')} value={mode} onChange={setMode} options={[{ value: 'unified', label: t('releases:plan.unified') }, { value: 'split', label: t('releases:plan.split') }]} />
          <Button size="xs" variant="default" onClick={toggleAll} disabled={rows.length === 0}>
            {t(all ? 'releases:plan.collapseAll' : 'releases:plan.expandAll')}
          </Button>
          <Button size="xs" variant="default" leftSection={<IconDownload size={14} aria-hidden />} onClick={() => saveText(`plan-${preview.plan_hash.slice(0, 12)}.json`, JSON.stringify(plan, null, 2), 'application/json')}>
            {t('releases:plan.download')}
          </Button>
        </Group>
      </Group>
      {failed.length > 0 ? (
        <Alert color="red" role="alert" icon={<IconAlertTriangle aria-hidden />} title={t('releases:plan.failedChecks')}>
          <Checks checks={failed} />
        </Alert>
      ) : null}
      {risks.length > 0 ? (
        <Alert color="orange" icon={<IconAlertTriangle aria-hidden />} title={t('releases:plan.risks')}>
          <List size="sm">
            {risks.map(({ change, risk }) => (
              <List.Item key={`${change.key} ${risk.code}`}>
                <b>{t(`codes:risk.${risk.code}`)}</b> · {change.resource.kind} {change.resource.name}
              </List.Item>
            ))}
          </List>
        </Alert>
      ) : null}
      {preview.warnings.length > 0 ? (
        <Alert color="yellow" variant="outline" title={t('releases:plan.warnings')} styles={{ title: { color: 'var(--mantine-color-text)' } }}>
          <Checks checks={preview.warnings} />
        </Alert>
      ) : null}
      <LongRows
        count={rows.length}
        estimate={CLOSED}
        keyOf={(index) => rows[index]?.key ?? index}
        list={{ ref: list, role: 'list', 'aria-label': t('releases:plan.changes') }}
        item={() => ({ role: 'listitem', style: { paddingBottom: 8 } })}
        row={(index) => {
          const change = rows[index];
          return change === undefined ? null : <Section releaseId={releaseId} preview={preview} change={change} open={open.has(change.key)} linked={linked === change.key} mode={mode} onToggle={() => toggle(change.key)} link={linkTo(change.key)} hunk={linked === change.key ? hunk : undefined} />;
        }}
      />
      {unchanged > 0 ? (
        <Button size="xs" variant="subtle" color="gray" onClick={() => setUnchangedToo((v) => !v)} w="fit-content" aria-expanded={unchangedToo}>
          {unchangedToo ? t('releases:plan.hideUnchanged') : t('releases:plan.showUnchanged', { count: unchanged })}
        </Button>
      ) : null}
    </Stack>
  );
}

function Checks({ checks }: { checks: Preview['checks'] }) {
  const { t } = useTranslation('codes');
  return (
    <List size="sm">
      {checks.map((check) => (
        <List.Item key={`${check.code} ${check.pointer} ${check.message}`} style={{ overflowWrap: 'anywhere' }}>
          <b>{t(`check.${check.code}`)}</b>: {check.message} {check.pointer === null || check.pointer === undefined ? null : <code>{check.pointer}</code>}
        </List.Item>
      ))}
    </List>
  );
}

type SectionProps = { releaseId: string; preview: Shown; change: Change; open: boolean; linked: boolean; mode: 'unified' | 'split'; onToggle: () => void; link: string; hunk: string | undefined };

function Section({ releaseId, preview, change, open, linked, mode, onToggle, link, hunk }: SectionProps) {
  const { t } = useTranslation(['releases', 'codes']);
  const [text, setText] = useState(hunk !== undefined);
  const { resource, fields } = change;
  const Chevron = open ? IconChevronDown : IconChevronRight;
  // Without fields the texts tell: there is nothing else to show.
  const shown = open && (text || fields.length === 0);
  return (
    <section className={classes['change']} data-linked={linked}>
      <div className={classes['head']}>
        <UnstyledButton className={classes['toggle']} onClick={onToggle} aria-expanded={open} data-change="">
          <Chevron size={16} aria-hidden />
          <span className={classes['sign']} data-action={change.action} aria-hidden="true">
            {SIGN[change.action]}
          </span>
          <span className="visually-hidden">{t(`codes:planAction.${change.action}`)}</span>
          <span className={classes['name']}>{resource.name}</span>
          <span className={classes['kind']}>
            {resource.kind}
            {resource.namespace === null || resource.namespace === undefined ? '' : ` · ${resource.namespace}`}
          </span>
          {fields.length > 0 ? <span className={classes['kind']}>{t('releases:plan.fieldCount', { count: fields.length })}</span> : null}
          {change.risks.map((risk) => (
            <Badge key={risk.code} color="red" size="sm">
              {t(`codes:risk.${risk.code}`)}
            </Badge>
          ))}
        </UnstyledButton>
        <CopyText value={link} label={t('releases:plan.link', { name: resource.name })} link />
      </div>
      {open ? (
        <div className={classes['body']}>
          {fields.length > 0 ? <Fields change={change} /> : null}
          {fields.length > 0 ? (
            <Button size="compact-xs" variant="subtle" mt="xs" onClick={() => setText((v) => !v)} aria-expanded={text}>
              {t(text ? 'releases:plan.hideYaml' : 'releases:plan.yaml')}
            </Button>
          ) : null}
          {shown ? <ObjectDiff releaseId={releaseId} preview={preview} change={change} mode={mode} hunk={hunk} link={link} /> : null}
        </div>
      ) : null}
    </section>
  );
}

/** A value as one reads it: texts bare, the rest as JSON. */
const said = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 1));

function Fields({ change }: { change: Change }) {
  const { t } = useTranslation('releases');
  return (
    <table className={classes['fields']}>
      <caption className="visually-hidden">{t('plan.fields', { name: change.resource.name })}</caption>
      <thead>
        <tr>
          <th scope="col" style={{ width: '34%' }}>
            {t('plan.path')}
          </th>
          <th scope="col">{t('plan.before')}</th>
          <th scope="col">{t('plan.after')}</th>
        </tr>
      </thead>
      <tbody>
        {change.fields.map((field) => (
          <tr key={field.path}>
            <th scope="row">{dotted(field.path)}</th>
            <td className={classes['before']} data-label={t('plan.before')}>
              {field.before === undefined ? t('plan.absent') : field.redacted ? '••••' : said(field.before)}
            </td>
            <td className={classes['after']} data-label={t('plan.after')}>
              {field.after === undefined ? t('plan.absent') : field.redacted ? t('facts.secretChanged') : said(field.after)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A JSON pointer as people read paths. */
const dotted = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join(' › ') || pointer;

type DiffProps = Pick<SectionProps, 'releaseId' | 'preview' | 'change' | 'mode' | 'hunk' | 'link'>;

function ObjectDiff({ releaseId, preview, change, mode, hunk, link }: DiffProps) {
  const { t } = useTranslation('releases');
  const text = useQuery(planObjectQuery(releaseId, preview.kind, preview.plan_hash, change.key));
  if (text.error !== null) return <ProblemNotice error={text.error} retry={() => void text.refetch()} />;
  if (text.data === undefined) return <Skeleton height={120} mt="xs" />;
  const { before = null, after = null, bytes, lines } = text.data;
  if (bytes > SHOWN_BYTES || lines > SHOWN_LINES) {
    return (
      <Group mt="xs">
        <Text size="sm">{t('plan.tooLarge', { lines })}</Text>
        <Button size="xs" variant="default" onClick={() => saveText(`${change.resource.name}.yaml`, `${before ?? ''}\n--- # ${t('plan.after')}\n${after ?? ''}`, 'application/yaml')}>
          {t('plan.downloadObject')}
        </Button>
      </Group>
    );
  }
  return (
    <Stack gap={6} mt="xs">
      {before === null ? <Text size="sm" c="dimmed">{t('plan.wholeNew')}</Text> : after === null ? <Text size="sm" c="dimmed">{t('plan.wholeGone')}</Text> : before === after ? <Text size="sm" c="dimmed">{t('plan.sameText')}</Text> : null}
      <Suspense fallback={<Skeleton height={120} aria-busy="true" />}>
        <DiffView before={before ?? ''} after={after ?? ''} mode={mode} name={change.resource.name} hunk={hunk} linkTo={(path) => `${link}&hunk=${encodeURIComponent(path)}`} />
      </Suspense>
    </Stack>
  );
}
