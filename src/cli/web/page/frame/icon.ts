/** The icons of the tab: a full red square when something has failed, a hollow one when something is late, a green dot when all is well. */
import type { AnySnapshot } from '../../../../report/text/job.ts';
import { kindOf, needing } from './attention.ts';

const shapes = {
  bad: '<rect x="2" y="2" width="28" height="28" fill="#c8232c"/><path d="M10 10l12 12M22 10L10 22" stroke="#fff" stroke-width="4"/>',
  late: '<rect x="4" y="4" width="24" height="24" fill="none" stroke="#c98a1b" stroke-width="5"/>',
  well: '<circle cx="16" cy="16" r="11" fill="#2c8a3d"/>',
} as const;

/** The text of each icon under its name. */
export const icons: readonly (readonly [name: string, svg: string])[] = Object.entries(shapes).map(([kind, shape]) => [
  `${kind}.svg`,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${shape}</svg>`,
]);

/** The icon of the worst state. */
export function iconName(jobs: readonly AnySnapshot[]): string {
  if (needing(jobs).some((job) => kindOf(job) === 'bad')) return 'bad.svg';
  return needing(jobs).length > 0 ? 'late.svg' : 'well.svg';
}
