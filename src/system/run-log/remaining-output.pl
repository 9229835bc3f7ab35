#!/usr/bin/perl
# Reads what processes print that outlive their run (leftovers: allow), for as long as one of them has the run's stdout or stderr open.
# Without a reader the next print would end them (SIGPIPE), and a pipe that nobody empties would stop them.
#
#     remaining-output.pl FILE MAXBYTES      0: the file may grow
#
# Descriptors: 3 and 4 the reading ends of stdout and stderr, 5 this text. The lines go to FILE.log in the format of logs; it is made when the first
# one comes. When it has half of MAXBYTES it becomes FILE.1.log, in the place of an earlier one: what was printed last is kept. On a full disk lines are
# counted and dropped; nobody who prints is made to wait for a disk.
use strict;
use Fcntl;

my ($name, $max_bytes) = @ARGV;
my $longest_line = 65536;

# What run-job was started with and did not open itself would stay open here.
opendir(my $open, '/proc/self/fd') or exit 1;
for my $fd (grep { /^\d+$/ && $_ > 4 } readdir $open) {
    open my $leaked, '<&=', $fd or next;
    close $leaked;
}
closedir $open;
chdir '/';
umask 0;
# It has nothing of its own to end for: its end is that of the processes that print.
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP QUIT USR1 USR2 PIPE ALRM TSTP TTIN TTOU);

my @streams;
for ([3, 'INFO'], [4, 'ERROR']) {
    my ($fd, $level) = @$_;
    open my $handle, '<&=', $fd or next;
    push @streams, { handle => $handle, level => $level, held => '', continued => 0 };
}
my ($log, $size, $lost_bytes) = (undef, 0, 0);
listen_once() while @streams;

sub listen_once {
    my $readable = '';
    vec($readable, fileno $_->{handle}, 1) = 1 for @streams;
    # What stands without a newline for a second is written as it is.
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
        # A line that was written before it was finished may have nothing more than its newline.
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

# perl-base has no clock that is finer than a second.
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

# A log that somebody has removed is made anew, or nobody would ever see what comes.
sub make_room {
    my ($more) = @_;
    undef $log if $log && !(stat $log)[3];
    if ($log && $max_bytes && $size + $more > $max_bytes / 2) {
        rename "$name.log", "$name.1.log";
        undef $log;
    }
    return if $log;
    # What a job has put there in its place, a FIFO or a link, is not waited for and not followed.
    sysopen $log, "$name.log", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0640 or undef $log;
    undef $log if $log && !-f $log;
    $size = $log ? -s $log : 0;
}
