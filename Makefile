# make                builds the programs into dist/ (npm ci, TypeScript, bundles)
# make check          lint, build, tests, dead code
# sudo make install   puts them into PREFIX; an existing /etc/process-control.yaml stays as it is
# sudo make uninstall removes what install put there; configuration, jobs, logs, history and the user stay
#
# Packagers: DESTDIR is honoured, and with it nothing outside DESTDIR is touched. BAKE=no leaves out V8's code cache, which only the
# node of the target machine can make (postinst: node …/bake.cjs).

PREFIX = /usr/local
SYSCONFDIR = /etc
NODE := $(shell command -v node)
BAKE = yes

bindir = $(PREFIX)/bin
libdir = $(PREFIX)/share/process-control
docdir = $(PREFIX)/share/doc/process-control
mandir = $(PREFIX)/share/man
completiondir = $(PREFIX)/share/bash-completion/completions
sysusersdir = $(PREFIX)/lib/sysusers.d
tmpfilesdir = $(PREFIX)/lib/tmpfiles.d
unitdir = $(PREFIX)/lib/systemd/system

# A program is what has a launcher and a bundle.
programs = $(filter $(notdir $(basename $(wildcard dist/*.cjs))),$(notdir $(wildcard bin/*)))
# Made where there is scdoc; a release has them.
pages = $(notdir $(filter-out %.scd,$(wildcard dist/man/*)))
others = $(filter-out run-job,$(programs))

all: node_modules/.package-lock.json
	npm run build
	@[ -n "$$(ls dist/man | grep -v '\.scd$$')" ] || \
	  echo 'The man pages are not built, because scdoc is not installed: apt-get install scdoc, then make again.' >&2

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --ignore-scripts

check: node_modules/.package-lock.json
	npm run check

# Does not build: as root it would leave root's files in the checkout.
install:
	@[ -e dist/boot.cjs ] || { echo 'Nothing is built yet: run `make` first, as yourself.' >&2; exit 1; }
	scripts/check-node.sh "$(NODE)" "$(DESTDIR)"
	@umask 022 && $(MAKE) --no-print-directory install-files

# Under a umask that leaves the programs readable for all.
install-files:
	install -d "$(DESTDIR)$(bindir)" "$(DESTDIR)$(libdir)" "$(DESTDIR)$(completiondir)" "$(DESTDIR)$(SYSCONFDIR)" \
	  "$(DESTDIR)$(sysusersdir)" "$(DESTDIR)$(tmpfilesdir)" "$(DESTDIR)$(unitdir)"
	rm -f "$(DESTDIR)$(libdir)"/*.cjs "$(DESTDIR)$(libdir)"/*.cache
	install -m 644 dist/*.cjs $(wildcard dist/*.wasm) package.json "$(DESTDIR)$(libdir)"
	install -m 755 dist/*.pl "$(DESTDIR)$(libdir)"
	ln -sfn "$(NODE)" "$(DESTDIR)$(libdir)/node"
	[ "$(BAKE)" = no ] || "$(NODE)" "$(DESTDIR)$(libdir)/bake.cjs"
	sed -e '/^\[ ! -L "$$0/d' -e 's|^lib=.*|lib=$(libdir)|' bin/run-job >"$(DESTDIR)$(bindir)/run-job"
	chmod 755 "$(DESTDIR)$(bindir)/run-job"
	for program in $(others); do ln -sfn run-job "$(DESTDIR)$(bindir)/$$program"; done
	install -m 644 completions/run-job "$(DESTDIR)$(completiondir)/run-job"
	for program in $(others); do ln -sfn run-job "$(DESTDIR)$(completiondir)/$$program"; done
	@[ -n "$(pages)" ] || echo 'Installed without man pages: they are built only where scdoc is installed (apt-get install scdoc, make).' >&2
	for page in $(pages); do install -D -m 644 "dist/man/$$page" "$(DESTDIR)$(mandir)/man$${page##*.}/$$page"; done
	install -m 644 etc/sysusers.conf "$(DESTDIR)$(sysusersdir)/process-control.conf"
	install -m 644 etc/tmpfiles.conf "$(DESTDIR)$(tmpfilesdir)/process-control.conf"
	install -m 644 etc/sysusers-web.conf "$(DESTDIR)$(sysusersdir)/process-control-web.conf"
	for unit in process-control-web.service process-control-scheduler.service; do \
	  sed 's|/usr/bin/|$(bindir)/|' "etc/$$unit" >"$(DESTDIR)$(unitdir)/$$unit" && \
	  chmod 644 "$(DESTDIR)$(unitdir)/$$unit"; done
	[ -e "$(DESTDIR)$(SYSCONFDIR)/process-control.yaml" ] || { \
	  sed '1s|file:///usr/share|file://$(PREFIX)/share|; s|^runner_path: .*|runner_path: $(bindir)/run-job|' \
	    etc/process-control.yaml >"$(DESTDIR)$(SYSCONFDIR)/process-control.yaml" && \
	  chmod 644 "$(DESTDIR)$(SYSCONFDIR)/process-control.yaml"; }
	scripts/copy-tree.sh "$(DESTDIR)$(libdir)" schema
	scripts/copy-tree.sh "$(DESTDIR)$(docdir)" README.md CHANGELOG.md LICENSE docs
	install -m 644 dist/THIRD-PARTY.txt dist/process-control.cdx.json "$(DESTDIR)$(docdir)"
	scripts/copy-tree.sh "$(DESTDIR)$(docdir)" examples
	sed 's|/usr/bin/|$(bindir)/|g' examples/sudoers >"$(DESTDIR)$(docdir)/examples/sudoers"
	for file in examples/prometheus/*.yaml; do \
	  sed 's|file:///usr/share/|file://$(PREFIX)/share/|' "$$file" >"$(DESTDIR)$(docdir)/$$file"; done
	for job in jobs.example/*.yaml; do \
	  sed '1s|file:///usr/share|file://$(PREFIX)/share|' "$$job" >"$(DESTDIR)$(docdir)/examples/$${job##*/}"; done
	chmod 644 "$(DESTDIR)$(docdir)"/examples/*.yaml
	[ -n "$(DESTDIR)" ] || scripts/prepare-system.sh "$(PREFIX)"

uninstall:
	for program in $(programs); do rm -f "$(DESTDIR)$(bindir)/$$program" "$(DESTDIR)$(completiondir)/$$program"; done
	for page in $(notdir $(basename $(wildcard man/*.scd))); do rm -f "$(DESTDIR)$(mandir)/man$${page##*.}/$$page"; done
	rm -f "$(DESTDIR)$(sysusersdir)/process-control.conf" "$(DESTDIR)$(tmpfilesdir)/process-control.conf" \
	  "$(DESTDIR)$(sysusersdir)/process-control-web.conf" "$(DESTDIR)$(unitdir)/process-control-web.service" \
	  "$(DESTDIR)$(unitdir)/process-control-scheduler.service"
	rm -rf "$(DESTDIR)$(libdir)" "$(DESTDIR)$(docdir)"
	@[ ! -e "$(DESTDIR)/etc/cron.d/process-control" ] || \
	  echo 'Its jobs are still in /etc/cron.d/process-control: remove that file, or cron goes on calling run-job.' >&2

.PHONY: all check install install-files uninstall
