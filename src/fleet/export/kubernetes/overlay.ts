/** An object laid over the template of its kind: what the job says wins, all else stays. */
import type { KubernetesObject } from './objects.ts';
import { firstContainer, isTree, type Template, type Tree } from './template.ts';

/** The object with what the template adds; `undefined` where the template lacks its kind. */
export function overlaid(object: KubernetesObject, template: Template): Tree | undefined {
  const ours = object as unknown as Tree;
  switch (object.kind) {
    case 'CronJob':
      return template.cronJob && laidOver(named(ours, 'cronJob', template.cronJob), template.cronJob);
    case 'Deployment':
      return template.deployment && laidOver(named(ours, 'deployment', template.deployment), template.deployment);
    case 'StatefulSet':
      return (
        template.deployment && laidOver(named(ours, 'deployment', template.deployment), podsOf(template.deployment))
      );
    case 'Service':
      return template.deployment && laidOver(ours, metadataOf(template.deployment));
    default:
      return object satisfies never;
  }
}

/** Gives our container the name of the template's first one, so that the two become one. */
function named(ours: Tree, part: keyof Template, template: Tree): Tree {
  const name = firstContainer(part, template)?.name ?? 'job';
  const rename = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rename);
    if (!isTree(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === 'containers' && Array.isArray(inner)
          ? inner.map((container) => ({ ...container, name }))
          : rename(inner),
      ]),
    );
  };
  return rename(ours) as Tree;
}

/** The part of a Deployment that a StatefulSet can have, too. */
function podsOf(deployment: Tree): Tree {
  const { metadata, spec } = deployment;
  return { metadata, spec: { template: isTree(spec) ? spec.template : undefined } };
}

function metadataOf({ metadata }: Tree): Tree {
  return { metadata };
}

/** Merges mappings; lists whose members have names are merged by name, all others replaced. */
function laidOver(ours: Tree, template: Tree): Tree {
  // Our keys come first, in the order in which people know them.
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(template)])];
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = merged(ours[key], template[key]);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function merged(ours: unknown, theirs: unknown): unknown {
  if (ours === undefined || ours === null) return theirs ?? undefined;
  if (isTree(ours) && isTree(theirs)) return laidOver(ours, theirs);
  if (hasNames(ours) && hasNames(theirs)) return mergedByName(ours, theirs);
  return ours;
}

type Named = Tree & { readonly name: string };

function hasNames(value: unknown): value is readonly Named[] {
  return Array.isArray(value) && value.every((member) => isTree(member) && typeof member.name === 'string');
}

/** The template's order, and then what only the job has. */
function mergedByName(ours: readonly Named[], theirs: readonly Named[]): readonly Tree[] {
  const own = new Map(ours.map((member) => [member.name, member]));
  const known = new Set(theirs.map(({ name }) => name));
  return [
    ...theirs.map((member) => {
      const mine = own.get(member.name);
      // A variable is either a value or a reference, never both.
      if (mine === undefined) return member;
      return 'value' in mine || 'valueFrom' in mine ? mine : laidOver(mine, member);
    }),
    ...ours.filter(({ name }) => !known.has(name)),
  ];
}
