package org.mainstay.itest.demo;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.LabException;
import org.mainstay.itest.lab.Server;

/**
 * Entry point of {@code ./demo}. Arguments: the distribution's tar.gz, then {@code --keep}, {@code --json}, {@code --mirror} or
 * {@code --database-setting NAME=VALUE} (repeatable, a line of postgresql.conf). The exit code is 0 only if every promise held.
 */
public final class Demo {
    private final Path distribution;
    private final boolean keep;
    private final boolean json;
    private final boolean mirror;
    private final List<String> databaseSettings;

    private Demo(Path distribution, boolean keep, boolean json, boolean mirror, List<String> databaseSettings) {
        this.distribution = distribution;
        this.keep = keep;
        this.json = json;
        this.mirror = mirror;
        this.databaseSettings = databaseSettings;
    }

    public static void main(String[] arguments) throws InterruptedException {
        int exitCode;
        try {
            exitCode = parse(arguments).run();
        } catch (LabException | IOException e) {
            System.err.println("demo: " + e.getMessage());
            exitCode = e instanceof IOException ? 2 : 1;
        }
        Runtime.getRuntime().exit(exitCode);
    }

    private static Demo parse(String[] arguments) throws IOException {
        Path distribution = null;
        boolean keep = false;
        boolean json = false;
        boolean mirror = false;
        List<String> settings = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--keep" -> keep = true;
                case "--json" -> json = true;
                case "--mirror" -> mirror = true;
                case "--database-setting" -> {
                    if (++i == arguments.length) {
                        throw new IOException("--database-setting needs a NAME=VALUE");
                    }
                    settings.add(arguments[i]);
                }
                default -> {
                    if (distribution != null || arguments[i].startsWith("-")) {
                        throw new IOException("unknown argument '" + arguments[i]
                                + "'; known are --keep, --json, --mirror, --database-setting");
                    }
                    distribution = Path.of(arguments[i]).toAbsolutePath();
                }
            }
        }
        if (distribution == null || !Files.isRegularFile(distribution)) {
            throw new IOException("the first argument must be the distribution's tar.gz");
        }
        return new Demo(distribution, keep, json, mirror, settings);
    }

    private int run() throws InterruptedException {
        Screen screen = new Screen(json ? System.err : System.out);
        Lab lab = Lab.open(2);
        Thread cleaner = new Thread(lab::close, "cleaner");
        Runtime.getRuntime().addShutdownHook(cleaner);
        Story story = new Story(lab, screen, distribution, mirror, databaseSettings);
        String failure = "";
        try {
            story.protect();
            story.tell();
        } catch (LabException e) {
            failure = String.valueOf(e.getMessage());
        }
        report(screen, story.steps(), failure);
        if (keep && failure.isEmpty()) {
            explain(screen, lab);
            new CountDownLatch(1).await();
        }
        return failure.isEmpty() ? 0 : 1;
    }

    private void report(Screen screen, List<Story.Step> steps, String failure) {
        screen.title(String.format("%-32s %14s %14s %10s", "step", "outage (ms)", "acknowledged", "rows lost"));
        for (Story.Step step : steps) {
            screen.plain(String.format(
                    "%-32s %14d %14d %10s",
                    step.name(), step.outageMillis(), step.acknowledged(), step.lost() < 0 ? "?" : step.lost()));
        }
        screen.title(failure.isEmpty() ? "Everything held." : "It did not hold: " + failure);
        if (json) {
            PrintStream out = System.out;
            out.println(new GsonBuilder()
                    .setPrettyPrinting()
                    .create()
                    .toJson(Map.of("schema", 1, "held", failure.isEmpty(), "failure", failure, "steps", steps)));
        }
    }

    private static void explain(Screen screen, Lab lab) {
        screen.title("It goes on running until you press Ctrl-C. To play, in another terminal, as root:");
        for (Server server : lab.servers()) {
            screen.plain("  on " + server.name() + ":  "
                    + String.join(
                            " ",
                            server.machine().entering(List.of(server.home() + "/bin/mainstay", "status")).stream()
                                    .map(Demo::quote)
                                    .toList()));
        }
        screen.plain("  database, with psql or any other client:  "
                + String.join(" ", lab.atClient(List.of("psql", "-h", Story.ADDRESS, "-U", "postgres"))));
    }

    private static String quote(String word) {
        return word.matches("[A-Za-z0-9_./:=@+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
