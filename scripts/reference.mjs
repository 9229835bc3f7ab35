// A reference page from a schema: one section a key, in the order of the schema.

const pages = {
  job: {
    title: 'Job file',
    head: `Each job is one file, \`NAME.yaml\` in the \`job_directory\`. \`run-job\`, the crontab and the logs call the job NAME. NAME starts with
a letter, a digit or \`_\` and has only letters, digits, \`_\`, \`.\` and \`-\`, at most 100 characters. Files that do not end in \`.yaml\`
are not read; \`.yml\`, \`.json\` and directories that hold YAML files get a warning.

The file is YAML 1.2 in UTF-8, at most 256 KiB: one mapping of the keys below. An unknown key is an error, so that a misspelled key is
noticed; a key that starts with \`_\` is yours and is ignored. \`yes\`, \`no\`, \`on\` and \`off\` are read as \`true\` and \`false\` where
a key needs those, with a warning. A key that is not in the file comes from \`default_job_config\` of the [configuration](configuration.md), else it has the
default given here.

Check a file before you install it: \`cron-generate --validate FILE\`. An editor with a YAML language server checks it while you type if
the first line is:

<!-- part of: job -->

\`\`\`yaml
# yaml-language-server: $schema=file:///usr/share/process-control/schema/job.schema.json
\`\`\`
`,
  },
  config: {
    title: 'Configuration',
    head: `Settings for all jobs of a host: \`/etc/process-control.yaml\`, then \`/etc/process-control.d/*.yaml\` in the order of their
names. A key in a later file replaces the same key of an earlier one. Every key may be left out. \`--config FILE\` or the variable
\`PROCESS_CONTROL_CONFIG\` names another file, which is then the only one.

Each of these files must be a regular file that belongs to root, in directories that only root can write. A file of your own, in
directories that only you and root can write, is used if there is no \`/etc/process-control.yaml\` and you do not come through sudo.

Without any of these files, root and the user \`process-control\` get the defaults below. Every other user gets a process-control of
their own, in which they are the service user. \`XDG_CONFIG_HOME\` and \`XDG_STATE_HOME\` move its files:

- the configuration is \`~/.config/process-control/process-control.yaml\`; jobs are in \`jobs/\` and the crontab is \`crontab\` beside it
- state and logs are in \`~/.local/state/process-control\`, locks in \`$XDG_RUNTIME_DIR/process-control\`
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
