// A reference page from a schema: one section a key, in the order of the schema.

const pages = {
  job: {
    title: 'Job file',
    head: `One job a file: \`NAME.yaml\` in the \`job_directory\`. NAME starts with a letter, a digit or \`_\` and has only letters, digits,
\`_\`, \`.\` and \`-\`, at most 100 characters; it is what \`run-job\`, the crontab and the logs call the job. Files that do not end in
\`.yaml\` are not read; there is a warning for \`.yml\`, \`.json\` and directories that hold YAML files.

The file is YAML 1.2 in UTF-8, at most 256 KiB, one mapping of the keys below. An unknown key is an error, so that a typing slip cannot
go unnoticed; a key that starts with \`_\` is yours and ignored. \`yes\`, \`no\`, \`on\` and \`off\` are still read as \`true\` and \`false\` where a key
wants those, with a warning. A key that is not in the file comes from \`default_job_config\` of the
[configuration](configuration.md), else it has the default given here.

Check a file before it is in place with \`cron-generate --validate FILE\`. Editors that know the YAML language server check while you type
when the first line is:

<!-- part of: job -->

\`\`\`yaml
# yaml-language-server: $schema=file:///usr/share/process-control/schema/job.schema.json
\`\`\`
`,
  },
  config: {
    title: 'Configuration',
    head: `What holds for all jobs of a machine: \`/etc/process-control.yaml\`, then \`/etc/process-control.d/*.yaml\` in the order of their
names; a key in a later file replaces the same key of an earlier one. All keys can be left out. \`--config FILE\` or the variable
\`PROCESS_CONTROL_CONFIG\` name another file, which then is the only one.

Each of these files must be a regular file that belongs to root, in directories that only root can write. A file of your own, in
directories that only you and root can write, counts while there is no \`/etc/process-control.yaml\` and you do not come through sudo.

Without any of these files, root and the user \`process-control\` get the defaults below. Everybody else gets a process-control of their
own: the configuration in \`~/.config/process-control/process-control.yaml\`, jobs in \`jobs/\` and the crontab in \`crontab\` beside it, state and
logs in \`~/.local/state/process-control\`, locks in \`$XDG_RUNTIME_DIR/process-control\`; the service user is you. \`XDG_CONFIG_HOME\` and
\`XDG_STATE_HOME\` move them.
`,
  },
};

export function referencePage(schema, page) {
  const { title, head } = pages[page];
  const keys = Object.entries(schema.properties).map(([key, value]) =>
    section(key, value, schema.required ?? [], '##'),
  );
  return `# ${title}\n\n<!-- Made from the schema by \`npm run generate\`. -->\n\n${head}\n${keys.join('\n')}`;
}

function section(key, schema, required, level) {
  const lines = [
    `${level} \`${key}\``,
    '',
    schema.description,
    '',
    ...facts(schema, required.includes(key.split('.').at(-1))),
  ];
  if (key === 'default_job_config') return `${[...lines, ''].join('\n')}`;
  const inner = Object.entries(schema.properties ?? {})
    .filter(([, value]) => !/^Python dictConfig/.test(value.description))
    .map(([name, value]) => section(`${key}.${name}`, value, schema.required ?? [], '###'));
  return [...lines, '', ...inner].join('\n');
}

function facts(schema, required) {
  const facts = [`- Value: ${expected(schema)}${required ? ' (required)' : ''}`];
  if (schema.default !== undefined) facts.push(`- Default: ${code(schema.default)}`);
  for (const example of schema.examples ?? []) facts.push(`- Example: ${code(example)}`);
  return facts;
}

function expected(schema) {
  if (schema['x-expected']) return schema['x-expected'];
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  return schema.type === 'boolean' ? '`true` or `false`' : 'a mapping';
}

function code(value) {
  return `\`${typeof value === 'string' && !/[*\n]/.test(value) ? value : JSON.stringify(value)}\``;
}
