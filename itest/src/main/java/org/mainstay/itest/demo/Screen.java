package org.mainstay.itest.demo;

import java.io.PrintStream;

/** What the spectator reads. Thread-safe. */
final class Screen {
    private final PrintStream out;
    private final long start = System.nanoTime();

    Screen(PrintStream out) {
        this.out = out;
    }

    synchronized void title(String text) {
        out.println();
        out.println(text);
        out.flush();
    }

    synchronized void line(String text) {
        out.printf("%6.1f s  %s%n", (System.nanoTime() - start) / 1e9, text);
        out.flush();
    }

    synchronized void plain(String text) {
        out.println(text);
        out.flush();
    }
}
