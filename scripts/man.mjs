// Completes the pages of man/, written in scdoc(5), from the programs and schemas, so that no page
// is out of date: `{usage P}`, `{options P}`, `{commands P}` and `{exit codes P}` are parts of a
// program's --help, `{head S}` and `{keys S}` parts of a schema's reference page, and `{files}` is
// the same in all pages. The text goes to dist/man/*.scd and, if the host has scdoc, the page
// beside it.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Writes dist/man. Throws when a page names a part that does not exist. */
export function manPages(root, version) {
  const source = path.join(root, 'man');
  const target = path.join(root, 'dist/man');
  mkdirSync(target);
  for (const name of readdirSync(source)) {
    const text = readFileSync(path.join(source, name), 'utf8').replaceAll(
      /^\{([a-z ]+?)(?: ([\w-]+))?\}$/gm,
      (...found) => {
        const [, part, of] = found;
        const words = parts[part]?.(root, of);
        if (!words) throw new Error(`man/${name}: there is no {${part} ${of ?? ''}}`);
        return words;
      },
    );
    writeFileSync(path.join(target, name), text.replaceAll('{version}', version));
  }
  for (const name of readdirSync(target)) {
    const page = spawnSync('scdoc', { input: readFileSync(path.join(target, name)) });
    if (page.error?.code === 'ENOENT') return;
    if (page.status !== 0) throw new Error(`dist/man/${name}: ${page.stderr}`);
    writeFileSync(path.join(target, name.replace(/\.scd$/, '')), page.stdout);
  }
}

const parts = {
  usage: (root, program) =>
    block(help(root, program), 'Usage')
      .map((line) => words(line.trim()).replace(program, `*${program}*`))
      .join('++\n'),
  options: (root, program) => optionsText(help(root, program)),
  commands: (root, program) =>
    joined(help(root, program), 'Commands')
      .map((line) => new RegExp(`^ +${program} (\\w+) ?(.*?) {2,}(.*)$`).exec(line))
      .map(([, command, names, meaning]) => commandText(root, program, { command, names, meaning }))
      .join('\n'),
  'exit codes': (root, program) =>
    block(help(root, program), 'Exit codes')
      .map((line) => line.trim().split(/ {2,}/))
      .map(([code, meaning]) => `*${code}*\n\t${words(meaning)}\n`)
      .join('\n'),
  head: (root, schema) =>
    markdown(
      reference(root, schema)
        .split(/^## /m)[0]
        .replace(/^# .*\n\n<!--.*-->\n/, ''),
    ),
  keys: (root, schema) =>
    reference(root, schema)
      .split(/^(?=##+ )/m)
      .slice(1)
      .map(keyText)
      .join('\n'),
  files: () => files.map(([name, what]) => `${name}\n\t${what}\n`).join('\n'),
};

const files = [
  [
    '*/etc/process-control.yaml*, */etc/process-control.d/\\*.yaml*',
    'The configuration. Where other things are is written there.',
  ],
  ['*/var/lib/process-control/*_NAME_*.yaml*', 'One job.'],
  ['*/etc/cron.d/process-control*', 'The crontab that cron-generate writes.'],
  ['*/var/log/process-control/*_NAME_*/*', 'The logs of a job, one a run; *latest.log* is a link to the newest.'],
  ['*/var/lib/process-control-state/*', 'History, pauses, and what operators want of services.'],
  ['*/run/process-control/*', 'Locks, and where services listen.'],
];

const helps = new Map();

/** The output of `PROGRAM [COMMAND] --help`, without wrapped lines if possible. */
function help(root, program, ...command) {
  const line = [path.join(root, 'bin', program), ...command, '--help'].join(' ');
  if (!helps.has(line))
    helps.set(line, execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8', env: { COLUMNS: '100' } }));
  return helps.get(line);
}

/** The lines of one part of a help, up to the next blank line. */
function block(text, title) {
  const [, inner] = new RegExp(`^${title}:(.*(?:\\n.+)*)`, 'm').exec(text) ?? [];
  return (inner ?? '').split('\n').filter((line) => line.trim() !== '');
}

/** The same lines, with wrapped ones joined. */
function joined(text, title) {
  return block(text, title)
    .join('\n')
    .replaceAll(/\n {10,}/g, ' ')
    .split('\n')
    .filter((line) => line !== '');
}

/**
 * A paragraph for each option, without the type that yargs adds, because the words already say it.
 */
function optionsText(text) {
  return joined(text, 'Options')
    .map((line) => /^ +(.*?) {2,}(.*?) *\[(\w+)\]/.exec(line))
    .filter((found) => found !== null)
    .map(([, names, meaning, type]) => `${optionName(names, type)}\n\t${words(meaning)}\n`)
    .join('\n');
}

const optionName = (names, type) =>
  names
    .split(', ')
    .map((name) => `*${name}*`)
    .join(', ') + (type === 'string' ? ' _VALUE_' : '');

/** A command with its own options. The options of all commands are another part. */
function commandText(root, program, { command, names, meaning }) {
  const text = help(root, program, command);
  const common = new Set(block(help(root, program), 'Options').map((line) => /--[a-z-]+/.exec(line)?.[0]));
  const own = optionsText(text)
    .split(/\n\n/)
    .filter((option) => !common.has(/--[a-z-]+/.exec(option)?.[0]))
    .map((option) => option.trimEnd().replaceAll(/^/gm, '\t'))
    .join('\n\n');
  return `${`*${command}* ${words(names)}`.trimEnd()}\n\t${words(meaning)}\n${own === '' ? '' : `\n${own}\n`}`;
}

const pages = { job: 'job-file.md', config: 'configuration.md' };
const reference = (root, schema) => readFileSync(path.join(root, 'docs/reference', pages[schema]), 'utf8');

/** `## \`key\``, words, facts: a definition. */
function keyText(section) {
  const [heading, ...rest] = section.trim().split('\n');
  const key = heading.replace(/^#+ `(.*)`$/, '$1');
  const [about, ...facts] = rest
    .join('\n')
    .trim()
    .split(/\n(?=- )/);
  const list = facts.map((fact) => `\t- ${markdown(fact.slice(2))}\n`);
  return `*${words(key)}*\n\t${markdown(about.trim()).replaceAll('\n', ' ')}\n\n${list.join('')}`;
}

/** Escapes characters that scdoc would take for formatting. */
const words = (text) => text.replaceAll(/[\\*_[\]|<>]/g, '\\$&').replaceAll(/\+\+/g, '+\\+');

/** The little Markdown that descriptions use: code, links, fences. */
function markdown(text) {
  return text
    .split(/^(```[\s\S]*?^```)$/m)
    .map((part) => (part.startsWith('```') ? part.replace(/^```\w+/, '```') : inline(part)))
    .join('');
}

function inline(text) {
  return text
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .split(/(`[^`]+`)/)
    .map((part) => (part.startsWith('`') ? `*${words(part.slice(1, -1))}*` : words(part)))
    .join('');
}
