#!/usr/bin/perl
# The parent of one job: starts it, adopts the processes that it leaves behind, and ends the whole
# tree when run-job asks for it or dies.
#
#     reaper.pl PRCTL SETSID RT_SIGPROCMASK RT_SIGACTION SIGNALFD4 KEYCTL LOCKS
#
# The arguments are the numbers of these system calls on this architecture, and the number of shared
# locks.
#
# It is a child subreaper: a process below it that loses its parent becomes its child, however often
# it forked, changed its session or emptied its environment. So "wait says that there are no
# children" proves that nothing of the job is left. It waits and never polls, and it loads no module
# but strict: another one would cost every run a millisecond or more.
#
# Descriptors: 0 /dev/null, 1 and 2 the job's output, 3 the job's lock, 4 a socket to run-job, 5
# this script, 6 and up the locks that the job shares with others. A lock is held while this process
# or a process of the job has it open, so a second run can't begin beside what is left of the first.
#
# run-job sends once "LENGTH\n" and as many bytes, with NUL between the fields:
#     umask, 1 if the job inherits the locks and 0 if not, stop signal, seconds between that and KILL after the death of run-job,
#     deadline ("ASK KILL" or empty), working directory, number of arguments, arguments…, NAME=VALUE…
# and then orders: t (send the stop signal to all), k (KILL until no process is left), x (exit: init
# adopts what lives), "d ASK KILL\n" (a new deadline). The end of the stream means that run-job is
# dead: then the reaper does t, and k after the given seconds.
#
# A deadline is two moments in seconds of /proc/uptime, the clock that also counts suspend: at ASK the
# reaper sends the stop signal to all, at KILL it kills all, whatever run-job does. It starts no job
# after ASK. The reaper sends lines:
#     ready, forked PID STARTTICKS, started, ended exited CODE or ended signalled NUMBER, gone SIGNALLED
# or, in place of one of the first three, failed STAGE ERRNO TEXT. "gone" counts the processes
# beside the command itself that needed a signal. "overdue" may come at any time after "forked": the
# reaper has begun to end the job by its deadline.
use strict;

my ($prctl, $setsid, $sigprocmask, $sigaction, $signalfd4, $keyctl, $shared_locks) = map { $_ + 0 } @ARGV;
my @locks = (3, 6 .. 5 + $shared_locks);
my %kept  = map { $_ => 1 } 0 .. 4, @locks;

# The values of the request replace these.
my ($stop_signal, $grace_seconds) = (15, 1);
# The time between the KILL of all other processes and that of run-jobs below this one, which record
# the outcomes of their own jobs in it. After the death of run-job, the grace and this time are
# together less than the 3 seconds for which a dead run may hold its lock. A service may have a
# longer grace, because its next start waits for it. A living run-job waits 5 seconds
# (src/system/process/sweep.ts).
my ($wrapper_seconds, $orphaned_wrapper_seconds) = (4, 1);

my $stage = 'watching';    # asked: the stop signal is sent. killing: KILL to all but other run-jobs. killing-all: to these too.
my $patience;              # The seconds until the next stage begins by itself; undefined: never.
my ($ask_at, $kill_at);    # The deadline; undefined: none.
my $is_overdue;
my ($uptime, $orders);
my $job_ended;
my %signalled;

# Close descriptors that run-job inherited: here and in the job they would stay open.
opendir(my $open, '/proc/self/fd') or exit 1;
for my $fd (grep { /^\d+$/ && !$kept{$_} } readdir $open) {
    open my $leaked, '<&=', $fd or next;
    close $leaked;
}
closedir $open;
open(my $control, '+<&=', 4) or exit 1;
chdir '/';
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP QUIT USR1 USR2 PIPE ALRM TSTP TTIN TTOU);
$SIG{CHLD} = 'DEFAULT';

become_subreaper();
my $children = watch_children();
report('ready');
my ($job, $outcome) = start_job(read_request());
obey();
react() while 1;

sub become_subreaper {
    my $answer = pack 'l!', 0;
    syscall $prctl, 36, 1, 0, 0, 0;          # PR_SET_CHILD_SUBREAPER
    # Check it: with a wrong number another system call might have succeeded.
    syscall $prctl, 37, $answer, 0, 0, 0;    # PR_GET_CHILD_SUBREAPER
    unpack('i', $answer) == 1 or give_up('subreaper');
}

# A descriptor that becomes readable when a child has ended. A handler in %SIG is not enough: Perl
# runs it between two operations, so a signal that comes just before select sleeps would not wake
# it.
sub watch_children {
    my $mask = signal_set(17);               # SIGCHLD
    syscall($sigprocmask, 0, $mask, 0, 8) == 0 or give_up('rt_sigprocmask');    # SIG_BLOCK
    my $fd = syscall $signalfd4, -1, $mask, 8, 02004000;                        # SFD_CLOEXEC | SFD_NONBLOCK
    $fd >= 0 && open(my $handle, '<&=', $fd) or give_up('signalfd4');
    return $handle;
}

# The kernel's sigset_t: 64 bits in native words.
sub signal_set {
    my $set = pack 'L!', @_ ? 1 << ($_[0] - 1) : 0;
    return $set . "\0" x (8 - length $set);
}

sub read_request {
    my $text = '';
    until ($text =~ /^(\d+)\n/ && length $text >= $+[0] + $1) {
        # run-job died before anything was started.
        sysread $control, $text, 65536, length $text or exit 1;
    }
    my $length = $text + 0;
    my $begin  = 1 + index $text, "\n";
    $orders = substr $text, $begin + $length;
    return split /\0/, substr($text, $begin, $length), -1;
}

sub start_job {
    my ($umask, $inherits_locks, $signal, $grace, $deadline, $directory, $count, @rest) = @_;
    ($stop_signal, $grace_seconds) = ($signal + 0, $grace);
    ($ask_at, $kill_at) = split / /, $deadline;
    last_word('failed deadline 0 its deadline has passed') if defined $ask_at && since_boot() >= $ask_at;
    # exec closes this pipe in the child, like every descriptor above 2 that Perl has opened: an end
    # without text means "started".
    pipe my $outcome, my $report or give_up('pipe');
    # The command begins when run-job knows of it: its first act may be to suspend this process.
    pipe my $turn, my $go or give_up('pipe');
    my $pid = fork;
    defined $pid or give_up('fork');
    $pid or close $go, become_job($report, $turn, $umask, $inherits_locks, $directory, [splice @rest, 0, $count], \@rest);
    # Only this process waits for the child, so its entry in /proc exists even if it has ended
    # already.
    report("forked $pid " . (stat_fields($pid))[19]);
    syswrite $go, 'x';
    # The job's output ends when the job's own processes have closed it, so this process must not
    # hold it open.
    open STDOUT, '>', '/dev/null';
    open STDERR, '>', '/dev/null';
    return ($pid, $outcome);
}

sub become_job {
    my ($report, $turn, $umask, $inherits_locks, $directory, $argv, $environment) = @_;
    my $fail = sub { syswrite $report, "failed $_[0] " . ($! + 0) . " $!"; exit 127 };
    # A job starts with the default action of every signal, as from a login shell, whatever cron,
    # sudo or nohup have ignored or blocked. The system call is used because the C library hides the
    # signals 32 and 33; a sigaction of zeros means the default.
    my $default = "\0" x 64;
    syscall $sigaction, $_, $default, 0, 8 for 1 .. 64;
    syscall $sigprocmask, 2, signal_set(), 0, 8;    # SIG_SETMASK
    syscall($setsid) == $$ or $fail->('setsid');
    leave_keyring();
    umask $umask;
    # exec closes a lock that has a Perl handle.
    my @handles;
    $inherits_locks or @handles = map { my $lock; open $lock, '<&=', $_ or $fail->('lock'); $lock } @locks;
    chdir $directory or $fail->('chdir');
    %ENV = map { split /=/, $_, 2 } @$environment;
    # Without an answer the reaper is dead, and nobody would watch the command.
    sysread $turn, my $answer, 1 or exit 127;
    exec { $argv->[0] } @$argv or $fail->('exec');
}

# Leaves a session keyring of another user: sudo passes on the caller's, and every process in it can
# use the caller's keys. A keyring of this user is kept, because a new one counts against the user's
# quota, and a job that has used up the quota must not stop other jobs.
sub leave_keyring {
    my $description = "\0" x 256;
    my $length = syscall $keyctl, 6, -3, $description, 256, 0;    # KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING
    my (undef, $owner) = split /;/, $description;
    syscall $keyctl, 1, 0 if $length > 0 && $owner != $<;           # KEYCTL_JOIN_SESSION_KEYRING
}

# Waits for the next event and handles it.
sub react {
    my $readable = '';
    vec($readable, fileno $_, 1) = 1 for grep { $_ } $outcome, $control, $children;
    # On Linux select returns the time that is left, measured by a clock that can't be set.
    my $wait = seconds_to_wait();
    my ($count, $left) = select $readable, undef, undef, $wait;
    return if $count < 0;
    $patience -= $wait - $left if defined $patience;
    my ($started, $asked, $ended) = map { $_ && vec $readable, fileno $_, 1 } $outcome, $control, $children;
    read_outcome() if $started;
    read_orders() if $asked;
    reap() if $ended;
    next_stage() if defined $patience && $patience <= 0;
    keep_deadline() if defined $kill_at;
}

# With a deadline at most a second: the clock of select stands still while the host is suspended.
sub seconds_to_wait {
    return $patience unless defined $kill_at;
    my $left = ($is_overdue ? $kill_at : $ask_at) - since_boot();
    $left = 1 if $left > 1;
    $left = $patience if defined $patience && $patience < $left;
    return $left < 0 ? 0 : $left;
}

# At KILL another run-job below this one has its time to record the outcome of its own job, unless
# it has not been asked to end: then it would begin its next attempt.
sub keep_deadline {
    my $now = since_boot();
    return if $now < $ask_at;
    my $unasked = $stage eq 'watching';
    report('overdue') if $unasked;
    $is_overdue = 1;
    if ($now < $kill_at) {
        ask_all() if $unasked;
        return;
    }
    undef $kill_at;
    $stage = 'killing' if $unasked;
    next_stage() if $unasked || $stage eq 'asked';
}

# Seconds; without the clock every deadline has passed.
sub since_boot {
    my $text;
    $uptime || open $uptime, '<', '/proc/uptime' or return 'inf';
    sysseek($uptime, 0, 0) && sysread($uptime, $text, 64) or return 'inf';
    return (split ' ', $text)[0];
}

sub read_outcome {
    my $failure = '';
    1 while sysread $outcome, $failure, 4096, length $failure;
    undef $outcome;
    return report('started') unless $failure;
    waitpid $job, 0;
    last_word($failure);
}

sub read_orders {
    if (sysread $control, $orders, 4096, length $orders) {
        obey();
    } else {
        undef $control;
        $wrapper_seconds = $orphaned_wrapper_seconds;
        ask_all() if $stage eq 'watching';
        $patience = $grace_seconds if $stage eq 'asked';
        $patience = $wrapper_seconds if $stage eq 'killing' && $patience > $wrapper_seconds;
    }
}

# The beginning of a deadline stays until its end has come.
sub obey {
    while ($orders =~ s/^(?:([tkx])|d ([\d.]+) ([\d.]+)\n)//) {
        my ($letter, @deadline) = ($1 // 'd', $2, $3);
        exit if $letter eq 'x';
        ask_all() if $letter eq 't' && $stage eq 'watching';
        next_stage() if $letter eq 'k' && $stage !~ /killing/;
        set_deadline(@deadline) if $letter eq 'd';
    }
}

# A job that has been asked to end by its deadline is killed in time, even if contact returns.
sub set_deadline {
    my ($ask, $kill) = @_;
    return if $stage =~ /killing/ || $is_overdue && $kill > $kill_at;
    ($ask_at, $kill_at) = ($ask, $kill);
}

sub reap {
    sysread $children, my $read, 4096;
    while (my $pid = waitpid -1, 1) {    # WNOHANG
        last_word('gone ' . grep { $_ != $job } keys %signalled) if $pid < 0;
        next unless $pid == $job;
        my $signal = $? & 127;
        report($signal ? "ended signalled $signal" : 'ended exited ' . ($? >> 8));
        $job_ended = 1;
    }
    kill_all() if $stage =~ /killing/;
}

sub next_stage {
    ($stage, $patience) = $stage eq 'killing' ? ('killing-all', undef) : ('killing', $wrapper_seconds);
    kill_all();
}

# Sends the stop signal, and CONT for processes that are suspended. Another run-job below this one
# signals its own job, which has its own grace.
sub ask_all {
    $stage = 'asked';
    note($_) for living(0);
    kill_group($_) for $stop_signal, 'CONT';
    # This look comes after the signal to the group: it sees processes that left before, and those
    # that leave now have the signal.
    my @outside = grep { note($_) && $_->{group} != $job } living(0);
    for my $signal ($stop_signal, 'CONT') {
        kill $signal, map { $_->{pid} } @outside;
    }
}

# Sends KILL to all. Called again when a child has ended, because its children are now children of
# this process. Each call kills all children, so after each look one more ends, until there is none.
sub kill_all {
    my $doom = sub { note($_[0]) && kill 'KILL', $_[0]{pid} unless $_[0]{wrapper} && $stage eq 'killing' };
    my @living = living(1, $doom);
    $doom->($_) for @living;
    return if $stage eq 'killing' && grep { $_->{wrapper} } @living;
    ($stage, $patience) = ('killing-all', undef);
    kill_group('KILL');
}

sub note { $signalled{ $_[0]{pid} } = 1 }

# A fork can't escape a signal to the whole group. The kernel does not reuse a number that still
# names a group, so the group is the job's unless another process has the number.
sub kill_group {
    kill $_[0], -$job unless $job_ended && -e "/proc/$job";
}

# The processes below this one; those below another run-job only with $all. $at_once is called for
# each child before the rest of /proc is read, the newest first: a process that forks and exits
# without end would have a new pid by the end of the walk.
sub living {
    my ($all, $at_once) = @_;
    my %children;
    opendir my $proc, '/proc' or return;
    for my $pid (sort { $b <=> $a } grep { /^\d+$/ } readdir $proc) {
        my @stat = stat_fields($pid) or next;
        # A process whose first thread has ended has the letter Z too; the number of its threads is
        # larger.
        next if $stat[0] =~ /[ZX]/ && $stat[17] < 2;
        my $process = { pid => $pid, group => $stat[2] };
        push @{ $children{ $stat[1] } }, $process;
        next if $stat[1] != $$;
        $process->{wrapper} = is_run_job($pid);
        $at_once->($process) if $at_once;
    }
    my @living;
    my @next = @{ delete $children{$$} || [] };
    while (my $process = shift @next) {
        push @living, $process;
        $process->{wrapper} //= is_run_job($process->{pid});
        push @next, @{ delete $children{ $process->{pid} } || [] } if $all || !$process->{wrapper};
    }
    return @living;
}

# True for a run-job and its reaper, which carry this mark. A job never inherits it.
sub is_run_job {
    return contents("/proc/$_[0]/environ") =~ /(?:^|\0)PROCESS_CONTROL_WRAPPER=/ ? 1 : 0;
}

# The fields of /proc/PID/stat after the name, which may contain spaces and brackets: state, parent,
# group…
sub stat_fields {
    my $text = contents("/proc/$_[0]/stat");
    return split ' ', substr $text, rindex($text, ')') + 1;
}

sub contents {
    my $text = '';
    open my $file, '<', $_[0] or return '';
    1 while sysread $file, $text, 65536, length $text;
    return $text;
}

sub report {
    syswrite $control, "$_[0]\n" if $control;
}

sub give_up {
    last_word("failed $_[0] " . ($! + 0) . " $!");
}

# Closes the locks before the last message, so that the next run can begin as soon as this run-job
# has ended.
sub last_word {
    for my $descriptor (@locks) {
        my $lock;
        open $lock, '<&=', $descriptor and close $lock;
    }
    report($_[0]);
    exit;
}
