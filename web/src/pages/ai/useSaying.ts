import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { catalogueQueries } from '../../api/modules/catalogue';
import type { Release } from '../../api/types';
import { SAID, type Sayable } from './card';

/** A command about a release as one would type it, in the reader's language; the project is named where there are several. */
export function useSaying() {
  const { t } = useTranslation('ai');
  const projects = useQuery(catalogueQueries.projects());
  const alone = projects.data?.items.length === 1;
  return (command: Sayable, { project, number }: Release): string => t(`say.${SAID[command]}`, { release: alone ? number : `${project.key}/${number}` });
}
