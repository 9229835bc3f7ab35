/** The files of the documentation: the pages beside the README, and all pages below docs/. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../cli/house.ts';

const below = (folder: string) =>
  readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
    path.join(folder, name),
  );

export const pages = [...readdirSync(repository), ...below('docs')].filter((name) => name.endsWith('.md')).sort();
