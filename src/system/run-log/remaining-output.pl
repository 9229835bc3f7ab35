#!/usr/bin/perl
# Reads the output of processes that outlive their run (leftovers: allow) until all of them have
# closed the run's stdout and stderr. Without a reader their next print would end them (SIGPIPE),
# and a full pipe would block them.
#
#     remaining-output.pl FILE MAXBYTES      0: no limit
#
# Descriptors: 3 and 4 the reading ends of stdout and stderr, 5 this script. The lines go to
# FILE.log in the format of logs, which is created with the first one. At half of MAXBYTES it
# becomes FILE.1.log and replaces an earlier one, so that the last output is kept. On a full disk
# lines are counted and dropped, so that no process waits for the disk.
use strict;
use Fcntl;

my ($name, $max_bytes) = @ARGV;
my $longest_line = 65536;

# Close descriptors that run-job inherited: they would stay open here.
opendir(my $open, '/proc/self/fd') or exit 1;
for my $fd (grep { /^\d+$/ && $_ > 4 } readdir $open) {
    open my $leaked, '<&=', $fd or next;
    close $leaked;
}
closedir $open;
chdir '/';
umask 0;
# This process ends only when the processes that print have ended.
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP QUIT USR1 USR2 PIPE ALRM TSTP TTIN TTOU);

my @streams;
for ([3, 'INFO'], [4, 'ERROR']) {
    my ($fd, $level) = @$_;
    open my $handle, '<&=', $fd or next;
    push @streams, { handle => $handle, level => $level, held => '', continued => 0 };
}
my ($log, $size, $lost_bytes) = (undef, 0, 0);
read_once() while @streams;

sub read_once {
    my $readable = '';
    vec($readable, fileno $_->{handle}, 1) = 1 for @streams;
    # A line without a newline is written after a second.
    my $has_held = grep { length $_->{held} } @streams;
    my $count = select $readable, undef, undef, $has_held ? 1 : undef;
    return if $count < 0;
    if ($count == 0) {
        write_held($_) for @streams;
        return;
    }
    for my $stream (grep { vec $readable, fileno $_->{handle}, 1 } @streams) {
        my $read = sysread $stream->{handle}, $stream->{held}, 65536, length $stream->{held};
        next if !defined $read && ($!{EAGAIN} || $!{EINTR});
        $read ? write_lines($stream) : finish($stream);
    }
}

sub finish {
    my ($stream) = @_;
    write_held($stream);
    @streams = grep { $_ != $stream } @streams;
}

sub write_lines {
    my ($stream) = @_;
    my $text = '';
    while ($stream->{held} =~ s/\A([^\n]*)\n//) {
        # Of a line that was written unfinished only the newline may be left.
        $text .= stamped($stream, $1) if length $1 || !$stream->{continued};
        $stream->{continued} = 0;
    }
    while (length $stream->{held} > $longest_line) {
        $text .= stamped($stream, substr $stream->{held}, 0, $longest_line, '');
        $stream->{continued} = 1;
    }
    append($text) if length $text;
}

sub write_held {
    my ($stream) = @_;
    return unless length $stream->{held};
    append(stamped($stream, $stream->{held}));
    @$stream{qw(held continued)} = ('', 1);
}

sub stamped {
    my ($stream, $line) = @_;
    return stamp($stream->{level} . ($stream->{continued} ? '+' : '')) . "$line\n";
}

# perl-base has no clock finer than a second.
sub stamp {
    my ($second, $minute, $hour, $day, $month, $year) = localtime;
    return sprintf "%04d-%02d-%02d %02d:%02d:%02d,000\t%s\t", $year + 1900, $month + 1, $day, $hour, $minute, $second, $_[0];
}

sub append {
    my ($text) = @_;
    make_room(length $text);
    if ($log && $lost_bytes) {
        my $note = stamp('NOTE') . "$lost_bytes bytes lost\n";
        $lost_bytes = 0 if length $note == (syswrite($log, $note) || 0);
    }
    my $written = $log && !$lost_bytes ? syswrite($log, $text) || 0 : 0;
    $size += $written;
    $lost_bytes += length($text) - $written;
}

# Creates a removed log again, so that the next output can be seen.
sub make_room {
    my ($more) = @_;
    undef $log if $log && !(stat $log)[3];
    if ($log && $max_bytes && $size + $more > $max_bytes / 2) {
        rename "$name.log", "$name.1.log";
        undef $log;
    }
    return if $log;
    # A job may have put a FIFO or a link there: do not wait for it and do not follow it.
    sysopen $log, "$name.log", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0640 or undef $log;
    undef $log if $log && !-f $log;
    $size = $log ? -s $log : 0;
}
