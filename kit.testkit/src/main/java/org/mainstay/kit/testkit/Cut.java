package org.mainstay.kit.testkit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Host;

/**
 * One action whose steps are counted, and which is cancelled at one of them if the test wants so. A step is a call of the host, a
 * pause, or a look whether the action is cancelled: the only moments at which a kit can notice. After the cut it is as in a cluster:
 * the host refuses every call, and what it runs for the action is ended if the real context can do that. Thread-safe.
 */
final class Cut {
    /** Told apart from all others by the name alone. */
    private static final Set<String> PARTS = Set.of("network", "storage", "processes", "reservation");

    private static final long NOT_YET = 0;

    /**
     * A step of an action.
     *
     * @param name the method the kit called
     * @param length how long it took
     */
    record Step(String name, Duration length) {}

    private final CreateContext real;
    private final int at;
    private final Duration into;
    private final Duration grace;
    private final List<Step> steps = new ArrayList<>();
    /** When it was cut, as System.nanoTime, never zero then. */
    private final AtomicLong cutAt = new AtomicLong(NOT_YET);

    private int begun;

    /**
     * @param at the step at which it is cancelled, from 0; -1 for never
     * @param into how long that step has gone on by then; zero: the step is not begun any more
     * @param grace what is left of the time at most once it is cancelled, so that a kit that looks at nothing else comes back
     */
    Cut(CreateContext real, int at, Duration into, Duration grace) {
        this.real = real;
        this.at = at;
        this.into = into;
        this.grace = grace;
    }

    CreateContext context() {
        return proxy(CreateContext.class, (method, arguments) -> switch (method.getName()) {
            case "host" -> host();
            case "cancelled", "pause" -> step(method, real, arguments);
            case "remaining" -> remaining();
            default -> invoke(method, real, arguments);
        });
    }

    /** Returns the steps that have ended. */
    synchronized List<Step> steps() {
        return List.copyOf(steps);
    }

    /** Returns how long ago it was cancelled; zero if it was not. */
    Duration sinceCut() {
        return happened() ? Duration.ofNanos(System.nanoTime() - cutAt.get()) : Duration.ZERO;
    }

    boolean happened() {
        return cutAt.get() != NOT_YET;
    }

    private Duration remaining() {
        Duration left = real.remaining();
        if (!happened()) {
            return left;
        }
        Duration most = grace.minus(sinceCut());
        return most.isNegative() ? Duration.ZERO : most.compareTo(left) < 0 ? most : left;
    }

    private Host host() {
        Host host = real.host();
        return proxy(
                Host.class,
                (method, arguments) ->
                        PARTS.contains(method.getName()) ? part(method, host) : step(method, host, arguments));
    }

    private Object part(Method method, Host host) throws Throwable {
        Object part = invoke(method, host, null);
        return proxy(method.getReturnType(), (inner, arguments) -> step(inner, part, arguments));
    }

    private Object step(Method method, Object target, Object[] arguments) throws Throwable {
        boolean mine = begin();
        if (mine && into.isZero()) {
            cut();
        }
        if (happened()) {
            return refused(method);
        }
        Thread cutter = mine ? cutLater() : null;
        long start = System.nanoTime();
        try {
            Object answer = invoke(method, target, arguments);
            endCutter(cutter);
            return target == real && happened() ? refused(method) : answer;
        } finally {
            end(method, System.nanoTime() - start);
            endCutter(cutter);
        }
    }

    /** A step that was over sooner than last time is cancelled at its end. */
    private static void endCutter(Thread cutter) throws InterruptedException {
        if (cutter != null) {
            LockSupport.unpark(cutter);
            cutter.join();
        }
    }

    private synchronized boolean begin() {
        return begun++ == at;
    }

    private synchronized void end(Method method, long nanos) {
        steps.add(new Step(method.getName(), Duration.ofNanos(nanos)));
    }

    private Thread cutLater() {
        Thread thread = new Thread(
                () -> {
                    LockSupport.parkNanos(into.toNanos());
                    cut();
                },
                "cancels an action");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void cut() {
        cutAt.compareAndSet(NOT_YET, System.nanoTime() | 1);
        if (real instanceof Cancellable cancellable) {
            cancellable.cancel();
        }
    }

    private static Object refused(Method method) {
        return switch (method.getName()) {
            case "cancelled" -> true;
            case "pause" -> false;
            default -> throw new CancellationException("the test has cancelled this action");
        };
    }

    private interface Answer {
        Object to(Method method, Object[] arguments) throws Throwable;
    }

    private <T> T proxy(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> method.getDeclaringClass() == Object.class
                        ? method.invoke(real, arguments)
                        : answer.to(method, arguments)));
    }

    private static Object invoke(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
