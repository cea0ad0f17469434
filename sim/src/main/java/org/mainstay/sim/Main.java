package org.mainstay.sim;

import java.util.Locale;

/** {@code sim/run [--seed N] [--runs N] [--faults N] [--trace]}: runs simulations and says how to repeat the one that fails. */
public final class Main {
    private long seed = 1;
    private int runs = 1000;
    private int faults = 60;
    private boolean trace;

    private Main() {}

    /** Exit code 0: all held; 1: something did not; 2: wrong arguments. */
    public static void main(String[] arguments) {
        Main main = new Main();
        String problem = main.parse(arguments);
        if (!problem.isEmpty()) {
            System.err.println(problem + "\nusage: sim/run [--seed N] [--runs N] [--faults N] [--trace]");
            Runtime.getRuntime().exit(2);
        }
        Runtime.getRuntime().exit(main.run() ? 0 : 1);
    }

    private String parse(String[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            String name = arguments[i];
            if (name.equals("--trace")) {
                trace = true;
                continue;
            }
            if (i + 1 == arguments.length) {
                return "'" + name + "' needs a value";
            }
            String value = arguments[++i];
            try {
                switch (name) {
                    case "--seed" -> seed = Long.parseLong(value);
                    case "--runs" -> runs = Integer.parseInt(value);
                    case "--faults" -> faults = Integer.parseInt(value);
                    default -> {
                        return "'" + name + "' is not an option";
                    }
                }
            } catch (NumberFormatException e) {
                return "'" + value + "' is not a number";
            }
        }
        return "";
    }

    private boolean run() {
        long begun = System.nanoTime();
        long virtual = 0;
        long decisions = 0;
        long injected = 0;
        int violations = 0;
        for (long one = seed; one < seed + runs; one++) {
            Simulation simulation = new Simulation(one, faults);
            if (trace) {
                simulation.watch(new Trace(System.out));
            }
            try {
                Simulation.Result result = simulation.run();
                virtual += result.virtualMillis();
                decisions += result.decisions();
                injected += result.faults();
            } catch (AssertionError | RuntimeException e) {
                violations++;
                System.out.println("seed " + one + ": " + e);
                System.out.println(
                        "  repeat it with: sim/run --seed " + one + " --runs 1 --faults " + faults + " --trace");
                if (trace) {
                    e.printStackTrace(System.out);
                }
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%d runs, %.1f virtual hours, %d decisions, %d faults, %d violations, %.1f s%n",
                runs,
                virtual / 3_600_000.0,
                decisions,
                injected,
                violations,
                (System.nanoTime() - begun) / 1e9);
        return violations == 0;
    }
}
