package org.mainstay.itest.hot;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Lab;

/** A client at its own place on the network that asks a server a hundred times a second and writes down every failure. */
final class CountingClient implements AutoCloseable {
    private static final String PROGRAM = """
        use strict; use IO::Socket::INET; use Time::HiRes qw(sleep time);
        my ($address, $port, $folder, $speaks) = @ARGV; my ($good, %pids) = (0); my $last = time;
        $SIG{TERM} = sub { exit 0 };
        while (1) {
            my $begin = time;
            my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => 3);
            print $socket "\n" if $socket && $speaks;
            my $pid = $socket ? <$socket> : undef;
            if (defined $pid) { chomp $pid; $good++; $pids{$pid} = 1; $last = time; }
            else { open(my $f, '>>', "$folder/failures"); printf $f "%.3f after %.3f s\n", $begin, time - $last; close $f; }
            open(my $f, '>', "$folder/count.part"); print $f "$good ", join(',', sort keys %pids), "\n"; close $f;
            rename "$folder/count.part", "$folder/count";
            sleep 0.01;
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
        this.folder = folder;
        try {
            Files.createDirectories(folder);
            Path program = Files.writeString(folder.resolve("client.pl"), PROGRAM);
            process = new ProcessBuilder(lab.atClient(List.of(
                            "perl",
                            program.toString(),
                            address,
                            String.valueOf(port),
                            folder.toString(),
                            speaks ? "1" : "")))
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        progress();
    }

    private String[] count() {
        try {
            Path file = folder.resolve("count");
            return Files.exists(file) ? Files.readString(file).strip().split(" ") : new String[] {"0", ""};
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long successes() {
        return Long.parseLong(count()[0]);
    }

    /** Returns the ids of all server processes that answered so far, separated by commas. */
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
