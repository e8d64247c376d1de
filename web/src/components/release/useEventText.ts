import { useTranslation } from 'react-i18next';
import type { TimelineEvent } from '../../api/types';

const text = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '');

/** The objects of a list in an event's data. */
const rows = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null) : []);

/** What an event says. One of a type that this page does not know (a newer server's) is named by its type. */
export function useEventText() {
  const { t, i18n } = useTranslation('codes');
  /** A word of one of the code lists, or the code itself. */
  const word = (list: string, code: unknown): string => {
    const key = `codes:${list}.${text(code)}`;
    return i18n.exists(key) ? (t as (key: string) => string)(key) : text(code);
  };
  return {
    title: (event: TimelineEvent): string => word('event', event.event_type),
    detail: (event: TimelineEvent): string => {
      const d = event.data;
      switch (event.event_type) {
        case 'stage.changed':
          return [word('stage', d['stage']), Number(d['objects_total']) > 0 ? `${text(d['objects_done'])}/${text(d['objects_total'])}` : ''].join(' ').trim();
        case 'resource.changed': {
          const ready = d['ready'] === undefined || d['ready'] === null ? '' : ` ${text(d['ready'])}/${text(d['total'])}`;
          return `${text(d['key'])}: ${word('objectStatus', d['status'])}${ready}${d['message'] ? `, ${text(d['message'])}` : ''}`;
        }
        case 'gate.refused':
          return d['reason_code'] ? word('reason', d['reason_code']) : word('problem', d['code']);
        case 'approval.decided':
          return [word('verdict', d['decision']), text(d['comment'])].filter((x) => x !== '').join(': ');
        case 'apply.failed':
        case 'rollback.failed':
          return d['reason_code'] ? word(event.event_type === 'apply.failed' || event.event_type === 'rollback.failed' ? 'diagnostic' : 'reason', d['reason_code']) : '';
        case 'diagnostics.recorded':
          return rows(d['diagnostics']).map((one) => text(one['summary'])).join('; ');
        case 'health.changed':
          return [word('health', d['after']), ...rows(d['objects']).map((one) => text(one['key']))].join(', ');
        case 'drift.detected':
          return rows(d['changed']).map((one) => [text(one['key']), ...(Array.isArray(one['paths']) ? one['paths'].map(text) : [])].filter((x) => x !== '').join(' ')).join(', ');
        case 'target.status_changed':
          return [text(d['after']), text(d['message'])].filter((x) => x !== '').join(': ');
        case 'preview.issued':
        case 'approval.requested':
          return text(d['plan_hash']).slice(0, 12);
        case 'release.cancelled':
        case 'break_glass.used':
        case 'rollback.requested':
        case 'cancel.requested':
          return text(d['reason']);
        default:
          return '';
      }
    },
    tone: (event: TimelineEvent): 'good' | 'bad' | 'plain' => {
      const type = event.event_type;
      if (type === 'resource.changed') return event.data['status'] === 'healthy' ? 'good' : event.data['status'] === 'failed' ? 'bad' : 'plain';
      if (type === 'health.changed') return event.data['after'] === 'healthy' ? 'good' : event.data['after'] === 'degraded' || event.data['after'] === 'missing' ? 'bad' : 'plain';
      if (type === 'drift.detected') return 'bad';
      if (type === 'drift.cleared') return 'good';
      if (/\.(failed|rejected|refused|denied|voided|expired)$/.test(type) || type === 'break_glass.used') return 'bad';
      return /\.(succeeded|granted)$/.test(type) ? 'good' : 'plain';
    },
  };
}
