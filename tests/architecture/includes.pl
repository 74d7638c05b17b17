# strip.pl --keep-strings FILE... | includes.pl ROOT: prints each #include that points the wrong way, as `path:line: ...`.
#
# The arrows: cli -> {fuzz, bench, results} -> include/heaptrial <- allocators -> allocators/base; fuzz, bench and
# results do not know each other. line, process, plugin and memory lie below those three.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Spec;

my $root = shift @ARGV or die "usage: strip.pl --keep-strings FILE... | includes.pl ROOT\n";

# A folder, and what nothing in it may include. The first that fits a file counts.
my @harness = qw(fuzz bench results cli line process plugin memory);
my @forbidden = (
  ['include', @harness, 'allocators', 'tests'],
  ['allocators', @harness, 'tests'],
  ['tests/heaps', @harness],
  ['fuzz', qw(bench results cli)],
  ['bench', qw(fuzz results cli)],
  ['results', qw(fuzz bench cli allocators)],
  ['line', qw(fuzz bench results cli allocators)],
  ['process', qw(fuzz bench results cli allocators)],
  ['plugin', qw(fuzz bench results cli)],
  ['memory', qw(fuzz bench results cli allocators)],
);

# Among the heaps: which other folder of allocators/ each may include, beside base, common and itself.
my %stands_on = (gab => ['go']);
my %below = (base => [], common => ['base']);

# ISO C11, 7.1.2: what include/heaptrial may include beside itself, so that a stranger needs nothing else.
my %libc = map { ("$_.h" => 1) } qw(assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp
  signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar
  wchar wctype);

# The path of an included file below the root; undef: not the project's.
sub resolve {
  my ($from, $name, $quoted) = @_;
  my @places = ($root, "$root/include", "$root/allocators");
  unshift @places, dirname($from) if $quoted;
  for my $place (@places) {
    next unless -e "$place/$name";
    my @parts;
    for my $part (File::Spec->splitdir(File::Spec->abs2rel("$place/$name", $root))) {
      if ($part eq '..' && @parts && $parts[-1] ne '..') { pop @parts }
      elsif ($part ne '.') { push @parts, $part }
    }
    return join('/', @parts);
  }
  # Generated headers and headers that are missing here are known by their folder.
  return $name =~ m{^(?:\.\./)*((?:include|allocators|tests|fuzz|bench|results|cli|line|process|plugin|memory)/.*)}
    ? $1 : undef;
}

sub lies_in { my ($path, $folder) = @_; return index($path, "$folder/") == 0 }

sub complaint {
  my ($path, $target, $name) = @_;
  my $rule = (grep { lies_in($path, $_->[0]) } @forbidden)[0] or return undef;
  my ($folder, @never) = @$rule;
  if ($folder eq 'include') {
    return undef if defined $target ? lies_in($target, 'include/heaptrial') : $libc{$name};
    return 'the heap interface includes itself and the C library only';
  }
  return undef unless defined $target;
  for my $other (@never) {
    return "$folder includes nothing of $other" if lies_in($target, $other);
  }
  if ($path =~ m{^allocators/(\w+)/} and my ($heap) = $1) {
    if ($target =~ m{^allocators/(\w+)/}) {
      my $other = $1;
      return "allocators/$heap includes nothing of allocators/$other"
        unless grep { $other eq $_ } $heap, @{$below{$heap} // ['base', 'common']}, @{$stands_on{$heap} // []};
    }
  }
  return undef;
}

while (my $line = <STDIN>) {
  my ($file, $number, $code) = $line =~ /^(.*?):(\d+):(.*)$/ or next;
  my ($quote, $name) = $code =~ /^\s*#\s*include(?:_next)?\s*(["<])([^">]+)[">]/ or next;
  my $path = File::Spec->abs2rel($file, $root);
  my $complaint = complaint($path, resolve($file, $name, $quote eq '"'), $name);
  print "$path:$number: includes $name: $complaint\n" if $complaint;
}
