/**
 * The template: what a cluster wants of every pod (image, namespace, resources, service account) and
 * job files do not say. One document is a CronJob, one a Deployment; either may be missing.
 */
import { isMap, parseAllDocuments } from 'yaml';
import type { Problem } from '../../../text/problem.ts';

export type Tree = { readonly [key: string]: unknown };

export interface Template {
  readonly cronJob?: Tree;
  readonly deployment?: Tree;
}

const kinds: Readonly<Record<string, { readonly part: keyof Template; readonly apiVersion: string }>> = {
  CronJob: { part: 'cronJob', apiVersion: 'batch/v1' },
  Deployment: { part: 'deployment', apiVersion: 'apps/v1' },
};

export type TemplateAnswer =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function readTemplate(file: string, text: string): TemplateAnswer {
  const documents = parseAllDocuments(text, { version: '1.2', strict: true, prettyErrors: true });
  const problems: Problem[] = [];
  const refuse = (message: string) => problems.push({ severity: 'error', file, message });
  const parts: { -readonly [K in keyof Template]: Template[K] } = {};
  for (const document of Array.isArray(documents) ? documents : []) {
    for (const { message } of document.errors) refuse(message.split('\n')[0] ?? '');
    if (document.errors.length > 0 || document.contents === null) continue;
    if (!isMap(document.contents)) {
      refuse('a document of the template must be a CronJob or a Deployment');
      continue;
    }
    const tree = document.toJS() as Tree;
    const kind = Object.hasOwn(kinds, String(tree.kind)) ? kinds[String(tree.kind)] : undefined;
    if (kind === undefined)
      refuse(`a document of the template must be a CronJob or a Deployment, found "${String(tree.kind)}"`);
    else if (tree.apiVersion !== kind.apiVersion)
      refuse(`the ${String(tree.kind)} must have "apiVersion: ${kind.apiVersion}"`);
    else if (parts[kind.part] !== undefined) refuse(`the template has two documents of kind ${String(tree.kind)}`);
    else if (imageOf(kind.part, tree) === undefined)
      refuse(`the first container of the ${String(tree.kind)} needs an "image"`);
    else parts[kind.part] = tree;
  }
  if (problems.length === 0 && Object.keys(parts).length === 0) refuse('the template is empty');
  return problems.length === 0 ? { ok: true, template: parts } : { ok: false, problems };
}

/** The paths to the pods of each kind. */
const podPaths = {
  cronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  deployment: ['spec', 'template'],
} as const;

function imageOf(part: keyof Template, tree: Tree): string | undefined {
  const image = firstContainer(part, tree)?.image;
  return typeof image === 'string' && image !== '' ? image : undefined;
}

/** The first container of a template, which gets the command of the job. */
export function firstContainer(part: keyof Template, tree: Tree): Tree | undefined {
  let at: unknown = tree;
  for (const key of [...podPaths[part], 'spec', 'containers']) at = isTree(at) ? at[key] : undefined;
  const [first] = Array.isArray(at) ? at : [];
  return isTree(first) ? first : undefined;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
