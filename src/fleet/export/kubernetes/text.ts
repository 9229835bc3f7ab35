/** The text of an export, as `kubectl apply -f -` takes it. */
import { Document, visit } from 'yaml';
import type { Export } from './export.ts';

const heading = `# Made by cron-generate --target kubernetes: change the job files, not this text.
# Kubernetes does not promise that two runs of a job never overlap, nor that each tick starts once.
`;

/** One document for each object, each after the file that it comes from. */
export function exportText({ jobs }: Export): string {
  const documents = jobs.flatMap(({ job, objects }) =>
    objects.map((object) => `---\n# ${job.path}\n${yamlOf(object)}`),
  );
  return `${heading}${documents.join('')}`;
}

/**
 * Every reader of YAML must see the same: kubectl's follows version 1.1, in which `yes`, `010` and
 * `12:30` are no texts. So what is not plainly a word is quoted. Lines are not folded, and there are
 * no anchors.
 */
function yamlOf(object: unknown): string {
  const document = new Document(object, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      const { value } = node;
      if (typeof value === 'string' && !value.includes('\n') && !plainWord.test(value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** The library still quotes `yes`, `null` and the like. */
const plainWord = /^[A-Za-z/][\w./ -]*$/;
