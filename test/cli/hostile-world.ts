/** An environment that must leave no trace in the world of a job. */

/** What logins, shells, linkers and interpreters heed, and what our own programs use among themselves. */
export const hostile: Readonly<Record<string, string>> = {
  ...{
    HOME: '/evil',
    USER: 'root',
    LOGNAME: 'root',
    SHELL: '/evil/sh',
    MAIL: '/var/mail/root',
    PWD: '/evil',
    OLDPWD: '/evil',
  },
  ...{
    LANG: 'tlh_KL',
    LC_ALL: 'POSIX',
    LANGUAGE: 'tlh',
    TZ: 'Pacific/Apia',
    TERM: 'xterm',
    COLUMNS: '7',
    LS_COLORS: 'no=31',
  },
  ...{
    IFS: '/',
    ENV: '/evil/env',
    BASH_ENV: '/evil/env',
    CDPATH: '/evil',
    PS4: '$(evil)',
    'BASH_FUNC_ls%%': '() { evil; }',
  },
  ...{
    LD_LIBRARY_PATH: '/evil',
    PERL5LIB: '/evil',
    PERL5OPT: '-w',
    PYTHONPATH: '/evil',
    GCONV_PATH: '/evil',
    TMPDIR: '/evil',
  },
  ...{
    SSH_AUTH_SOCK: '/evil/agent',
    XDG_RUNTIME_DIR: '/evil',
    http_proxy: 'http://evil',
  },
  ...{ NODE_OPTIONS: '--no-such-option', NODE_PATH: '/evil', PROCESS_CONTROL_SERVICE: 'other', _: '/evil', SHLVL: '9' },
};
