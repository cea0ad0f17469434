package org.mainstay.sim;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sim/run}: see {@link #USAGE}. Exit code 0: all held; 1: something did not; 2: wrong arguments. */
public final class Main {
    private static final String USAGE = """
        usage: sim/run [--seed N] [--runs N] [--hours N] [--mutants] [--replay FILE] [--json]
          --seed N        seed of the first run (1)
          --runs N        how many runs (2000; without a limit if --hours is given)
          --hours N       ends after so many hours of virtual time
          --until N       ends after so many injected faults; every minute it says on standard error how far it is
          --threads N     how many runs at a time (one per processor)
          --mutants       besides, breaks the code in known ways and looks whether that is found
          --mutant NAME   looks for a run that shows this one; with --replay: breaks the code so
          --replay FILE   plays one script, telling what happens; nothing else
          --json          the result as one JSON object
          --faults N      how many things happen in a run, about (10)
          --trace         with --replay or one run: every decision too
        """;
    private static final int MUTANT_SEEDS = 3000;
    private static final int PROGRESS = 60;
    private static final int SHOWN = 3;

    private final PrintStream out;
    private long seed = 1;
    private long runs = -1;
    private double hours = Double.MAX_VALUE;
    private int faults = 10;
    private long until = Long.MAX_VALUE;
    private int threads = Runtime.getRuntime().availableProcessors();
    private Mutant mutant = Mutant.NONE;
    private boolean mutants;
    private boolean json;
    private boolean trace;
    private String replay = "";

    private Main(PrintStream out) {
        this.out = out;
    }

    /** Runs simulations as the arguments say. */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Main main = new Main(out);
        String problem = main.parse(arguments);
        if (!problem.isEmpty()) {
            System.err.println(problem + "\n" + USAGE);
            Runtime.getRuntime().exit(2);
        }
        Runtime.getRuntime().exit(main.run() ? 0 : 1);
    }

    private String parse(String[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--mutants" -> mutants = true;
                case "--json" -> json = true;
                case "--trace" -> trace = true;
                default -> {
                    if (i + 1 == arguments.length) {
                        return "'" + arguments[i] + "' is not known or needs a value";
                    }
                    String problem = value(arguments[i], arguments[++i]);
                    if (!problem.isEmpty()) {
                        return problem;
                    }
                }
            }
        }
        boolean limited = hours < Double.MAX_VALUE || until < Long.MAX_VALUE;
        runs = runs >= 0 ? runs : limited ? Long.MAX_VALUE / 4 : 2000;
        return "";
    }

    private String value(String name, String value) {
        try {
            switch (name) {
                case "--seed" -> seed = Long.parseLong(value);
                case "--runs" -> runs = Long.parseLong(value);
                case "--hours" -> hours = Double.parseDouble(value);
                case "--faults" -> faults = Integer.parseInt(value);
                case "--until" -> until = Long.parseLong(value);
                case "--threads" -> threads = Integer.parseInt(value);
                case "--mutant" -> mutant = Mutant.valueOf(value);
                case "--replay" -> replay = value;
                default -> {
                    return "'" + name + "' is not known";
                }
            }
            return "";
        } catch (NumberFormatException e) {
            return name + " takes a number, not '" + value + "'";
        } catch (IllegalArgumentException e) {
            return name + " takes one of " + List.of(Mutant.values()) + ", not '" + value + "'";
        }
    }

    private boolean run() throws IOException {
        if (!replay.isEmpty()) {
            return replay(Script.parse(Files.readAllLines(Path.of(replay))));
        }
        if (trace) {
            Chaos chaos = new Chaos(seed, faults);
            return replay(mutant == Mutant.NONE ? chaos.script(seed) : chaos.script(seed, mutant));
        }
        Campaign campaign = new Campaign(faults, threads);
        if (mutant != Mutant.NONE) {
            return hunt(campaign, mutant, seed, runs < 0 ? MUTANT_SEEDS : (int) runs) >= 0;
        }
        if (until < Long.MAX_VALUE) {
            campaign.tell(PROGRESS, Main::progress);
        }
        Campaign.Report report = campaign.play(seed, new Campaign.Limit(runs, hours, until));
        if (!json) {
            tell(report);
        }
        Map<String, Long> caught = mutants ? hunt(campaign) : Map.of();
        long found = caught.values().stream().filter(one -> one >= 0).count();
        if (json) {
            json(report, caught, found);
        }
        return report.failures().isEmpty() && found == caught.size();
    }

    private static void progress(Campaign.Report report) {
        System.err.printf(
                "%d runs, %d faults, %.1f virtual hours, %.0f s, %d violations%n",
                report.runs(),
                report.faults(),
                report.virtualHours(),
                report.seconds(),
                report.failures().size());
        report.failures()
                .forEach(failure -> System.err.println("seed " + failure.seed() + ": "
                        + failure.message().lines().findFirst().orElse("")));
    }

    private boolean replay(Script script) {
        out.println(script.encode());
        try {
            Run.Result result =
                    new Run(script, mutant).trace(Trace.to(out, trace)).play();
            out.println("\nheld: " + result.virtualMillis() / 1000 + " s of virtual time, " + result.decisions()
                    + " decisions");
            return true;
        } catch (Violation e) {
            out.println("\n" + e.getMessage());
            return false;
        }
    }

    private void tell(Campaign.Report report) {
        out.printf(
                "%d runs, %d faults, %.1f virtual hours, %d decisions in %.1f s%n",
                report.runs(), report.faults(), report.virtualHours(), report.decisions(), report.seconds());
        for (Campaign.Failure failure : report.failures()) {
            out.println("\nseed " + failure.seed() + ": " + failure.message());
            if (failure.equals(report.failures().get(0)) || report.failures().indexOf(failure) < SHOWN) {
                Script script = Shrinker.shrink(failure.script(), Mutant.NONE)
                        .titled(failure.message().lines().findFirst().orElse("") + " (seed " + failure.seed() + ")");
                out.println("keep this as a file and repeat it with sim/run --replay FILE [--trace]:\n");
                out.println(script.encode());
            }
        }
        out.println(
                report.failures().isEmpty() ? "no violation" : report.failures().size() + " violations");
    }

    private Map<String, Long> hunt(Campaign campaign) {
        Map<String, Long> caught = new LinkedHashMap<>();
        for (Mutant one : Mutant.values()) {
            if (one != Mutant.NONE) {
                caught.put(one.name(), hunt(campaign, one, 1, MUTANT_SEEDS));
            }
        }
        return caught;
    }

    private long hunt(Campaign campaign, Mutant one, long firstSeed, int seeds) {
        long by = campaign.hunt(one, firstSeed, seeds);
        if (!json) {
            out.println(one.name() + " (" + one.meaning() + "): "
                    + (by < 0 ? "NOT caught in " + seeds + " runs" : "caught by seed " + by));
        }
        return by;
    }

    private void json(Campaign.Report report, Map<String, Long> caught, long found) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("runs", report.runs());
        all.put("virtualHours", report.virtualHours());
        all.put("faults", report.faults());
        all.put("decisions", report.decisions());
        all.put("seconds", report.seconds());
        all.put("violations", report.failures().size());
        all.put(
                "failed",
                report.failures().stream()
                        .map(failure -> Map.of(
                                "seed",
                                failure.seed(),
                                "violation",
                                List.of(failure.message().split("\n")).get(0)))
                        .toList());
        all.put("mutants", caught.size());
        all.put("caught", found);
        all.put("caughtBySeed", caught);
        out.println(new GsonBuilder().setPrettyPrinting().create().toJson(all));
    }
}
