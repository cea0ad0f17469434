package org.mainstay.itest.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.LabException;
import org.mainstay.itest.lab.Machine;
import org.mainstay.itest.lab.Server;

/**
 * Watches invariant I1 all the time: what is protected shows a sign of life on at most one machine. Machines cannot be looked at
 * in the same instant, so one is looked at before and after the other: only a sign seen on both of them, and still on the first
 * afterwards, is two owners.
 */
public final class OneOwner implements AutoCloseable {
    private static final java.time.Duration EVERY = java.time.Duration.ofMillis(15);

    private final Lab lab;
    private final Predicate<String> exclusive;
    private final Thread thread;
    private final List<String> violations = new ArrayList<>();
    private final Looks looks = new Looks();
    private final long start = System.nanoTime();
    private volatile boolean stopped;
    private volatile String tolerated = "";

    /** @param exclusive which signs must not be on two machines */
    public OneOwner(Lab lab, Predicate<String> exclusive) {
        this.lab = lab;
        this.exclusive = exclusive;
        this.thread = new Thread(this::watch, "one owner");
        this.thread.setDaemon(true);
        this.thread.start();
    }

    private void watch() {
        try {
            while (!stopped) {
                look();
                if (!stopped) {
                    Await.pass(EVERY);
                }
            }
        } catch (RuntimeException | Error e) {
            looks.broken(e);
            throw e;
        }
    }

    private void look() {
        List<Server> servers = new ArrayList<>();
        looks.at("the machines", () -> servers.addAll(lab.servers()));
        for (int i = 0; i < servers.size(); i++) {
            for (int j = i + 1; j < servers.size(); j++) {
                Machine one = servers.get(i).machine();
                Machine other = servers.get(j).machine();
                looks.at(one.name() + " and " + other.name(), () -> compare(one, other));
            }
        }
        looks.round();
    }

    private void compare(Machine one, Machine other) {
        Set<String> both = new TreeSet<>(LifeSigns.of(one));
        both.removeIf(exclusive.negate());
        both.remove(tolerated);
        if (both.isEmpty()) {
            return;
        }
        both.retainAll(LifeSigns.of(other));
        if (!both.isEmpty()) {
            both.retainAll(LifeSigns.of(one));
        }
        if (!both.isEmpty()) {
            synchronized (this) {
                if (violations.size() < 20) {
                    violations.add((System.nanoTime() - start) / 1_000_000 + " ms: " + both + " on " + one.name()
                            + " and " + other.name());
                }
            }
        }
    }

    /** Lets one sign be on two machines for a while, where a test shows what cannot be prevented; an empty text ends that. */
    public void tolerate(String sign) {
        tolerated = sign;
    }

    public synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    /** @throws LabException if anything had two owners at any time so far, or nobody looked, or not at all pairs of machines */
    public synchronized void verify() {
        if (!violations.isEmpty()) {
            throw new LabException("I1: two owners at once:\n" + String.join("\n", violations));
        }
        looks.verify();
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
