# strip.pl [--keep-strings] FILE...: prints each file's code as `path:line:code`, without its comments and, unless
# asked to keep them, without what stands in strings and character constants. Line numbers stay.
use strict;
use warnings;

my $keep = @ARGV && $ARGV[0] eq '--keep-strings' && shift @ARGV;
for my $path (@ARGV) {
  open(my $file, '<', $path) or die "strip.pl: cannot read $path: $!\n";
  local $/;
  my $code = <$file>;
  $code =~ s{(//(?:\\\n|[^\n])*|/\*.*?\*/)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}{
    defined $1 ? ' ' . "\n" x ($1 =~ tr/\n//) : $keep ? $2 : substr($2, 0, 1) x 2 . "\n" x ($2 =~ tr/\n//)
  }gse;
  my $number = 0;
  for my $line (split /\n/, $code) {
    $number++;
    print "$path:$number:$line\n" if $line =~ /\S/;
  }
}
