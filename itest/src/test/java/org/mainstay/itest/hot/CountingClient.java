package org.mainstay.itest.hot;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Lab;

/**
 * A client at its own place on the network that asks a server again and again, a hundred times a second if it connects by itself, and
 * writes down every failure.
 */
final class CountingClient implements AutoCloseable {
    private static final String PROGRAM = """
        use strict; use IO::Socket::INET; use Time::HiRes qw(sleep time);
        my ($folder, $kind, @question) = @ARGV; my ($good, %answers) = (0); my $last = time; my $wrong = '';
        $SIG{TERM} = sub { exit 0 };
        sub connected {
            my ($address, $port, $speaks) = @_;
            my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => 3);
            print $socket "\\n" if $socket && $speaks;
            my $pid = $socket ? <$socket> : undef;
            chomp $pid if defined $pid;
            return $pid;
        }
        sub printed {
            my ($wanted, @command) = @_;
            open(my $output, '-|', @command) or die "$command[0]: $!";
            my $text = join('', <$output>);
            close $output;
            my $status = $?;
            $text =~ s/\\s+$//;
            $wrong = ", wait status $status: $text";
            return $status == 0 && $text =~ /^(?:$wanted)$/ ? $text : undef;
        }
        while (1) {
            my $begin = time;
            my $answer = $kind eq 'connect' ? connected(@question) : printed(@question);
            if (defined $answer) { $good++; $answers{$answer} = 1; $last = time; }
            else { open(my $f, '>>', "$folder/failures"); printf $f "%.3f after %.3f s%s\\n", $begin, time - $last, $wrong; close $f; }
            open(my $f, '>', "$folder/count.part"); print $f "$good ", join(',', sort keys %answers), "\\n"; close $f;
            rename "$folder/count.part", "$folder/count";
            sleep($kind eq 'connect' ? 0.01 : 0.03);
        }
        """;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path folder;
    private final Process process;

    CountingClient(Lab lab, Path folder, String address, int port) {
        this(lab, folder, address, port, false);
    }

    /** @param speaks whether the server waits for a line before it answers */
    CountingClient(Lab lab, Path folder, String address, int port, boolean speaks) {
        this(lab, folder, List.of("connect", address, String.valueOf(port), speaks ? "1" : ""));
    }

    private CountingClient(Lab lab, Path folder, List<String> question) {
        this.folder = folder;
        try {
            Files.createDirectories(folder);
            Path program = Files.writeString(folder.resolve("client.pl"), PROGRAM);
            List<String> command = new ArrayList<>(List.of("perl", program.toString(), folder.toString()));
            command.addAll(question);
            process = new ProcessBuilder(lab.atClient(command))
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        progress();
    }

    /** Asks by a program: each time it must succeed and print one line, which matches. */
    static CountingClient of(Lab lab, Path folder, String pattern, String... program) {
        List<String> question = new ArrayList<>(List.of("run", pattern));
        question.addAll(List.of(program));
        return new CountingClient(lab, folder, question);
    }

    private String[] count() {
        try {
            Path file = folder.resolve("count");
            return Files.exists(file) ? Files.readString(file).strip().split(" ", 2) : new String[] {"0", ""};
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long successes() {
        return Long.parseLong(count()[0]);
    }

    /** Returns the ids of all server processes that answered so far, or what was printed, separated by commas. */
    String servers() {
        String[] count = count();
        return count.length < 2 ? "" : count[1];
    }

    List<String> failures() {
        try {
            Path file = folder.resolve("failures");
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the server has answered twenty times more. */
    void progress() {
        long before = successes();
        Await.until(
                "the client is served", LIMIT, () -> successes() > before + 20, () -> String.join("\n", failures()));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
