package org.mainstay.quorum.internal.fence;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Fences one server by its levels: the devices of a level must all confirm, the next level is tried when one does not. Calls
 * block; thread-safe.
 */
final class Fencer {
    private static final long ASK_EVERY_MILLIS = 500;

    private final Devices devices;
    private final Surety surety;
    private final LongSupplier millis;
    private final CountDownLatch closing;
    private final Map<String, Devices.Answer> last = new HashMap<>();

    /**
     * Makes it.
     *
     * @param surety about watchdogs
     * @param millis monotonic clock
     * @param closing ends waiting
     */
    Fencer(Devices devices, Surety surety, LongSupplier millis, CountDownLatch closing) {
        this.devices = devices;
        this.surety = surety;
        this.millis = millis;
        this.closing = closing;
    }

    /**
     * What became of a fencing.
     *
     * @param by the devices of the level that succeeded; empty if none did
     */
    record Fenced(Devices.Answer answer, List<Device> by) {}

    /** Fences a server with its levels in order. @param wanted asked before each device and try: whether it is to go on */
    Fenced fence(String server, SortedMap<Integer, List<Device>> levels, BooleanSupplier wanted)
            throws InterruptedException {
        if (levels.isEmpty()) {
            return new Fenced(
                    new Devices.Answer(false, "no fencing is configured for " + server + " in etc/fencing"), List.of());
        }
        List<String> failures = new ArrayList<>();
        for (Map.Entry<Integer, List<Device>> level : levels.entrySet()) {
            Devices.Answer answer = level(server, level.getValue(), wanted);
            if (answer.confirmed()) {
                return new Fenced(answer, level.getValue());
            }
            failures.add("level " + level.getKey() + ": " + answer.message());
            if (!wanted.getAsBoolean()) {
                break;
            }
        }
        return new Fenced(new Devices.Answer(false, String.join("; ", failures)), List.of());
    }

    private Devices.Answer level(String server, List<Device> level, BooleanSupplier wanted)
            throws InterruptedException {
        List<String> words = new ArrayList<>();
        for (Device device : level) {
            Devices.Answer answer = wanted.getAsBoolean() ? one(server, device, wanted) : Devices.GIVEN_UP;
            remember(device, answer);
            words.add(device.name() + ": " + answer.message());
            if (!answer.confirmed()) {
                return new Devices.Answer(false, words.get(words.size() - 1));
            }
        }
        return new Devices.Answer(true, String.join("; ", words));
    }

    private Devices.Answer one(String server, Device device, BooleanSupplier wanted) throws InterruptedException {
        return switch (device.kind()) {
            case AGENT -> devices.off(device, wanted);
            case WATCHDOG -> awaitReset(server, device, wanted);
            case MANUAL ->
                new Devices.Answer(
                        false,
                        "waits for an operator: make sure that " + server
                                + " is off, then run 'mainstay fencing acknowledge " + server + "'");
        };
    }

    private Devices.Answer awaitReset(String server, Device device, BooleanSupplier wanted)
            throws InterruptedException {
        long end = millis.getAsLong() + device.timeoutMillis();
        Optional<String> evidence = surety.reset(server);
        while (evidence.isEmpty() && wanted.getAsBoolean() && millis.getAsLong() < end) {
            if (closing.await(ASK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                break;
            }
            evidence = surety.reset(server);
        }
        return evidence.map(text -> new Devices.Answer(true, text))
                .orElseGet(() -> new Devices.Answer(
                        false,
                        "nothing proves within " + device.timeoutMillis() / 1000 + " s that the watchdog of " + server
                                + " has reset it"));
    }

    /** Switches on again what {@code action=cycle} says; nobody waits for that: the server was certainly off. */
    void switchOn(List<Device> level) throws InterruptedException {
        for (Device device : level) {
            if (device.cycle() && device.kind() == Device.Kind.AGENT) {
                Devices.Answer on = devices.on(device);
                if (!on.confirmed()) {
                    remember(device, new Devices.Answer(true, "fenced, but it is still off: " + on.message()));
                }
            }
        }
    }

    /** Tests one device; changes nothing. */
    Devices.Answer test(Device device) throws InterruptedException {
        Devices.Answer answer = switch (device.kind()) {
            case AGENT -> devices.test(device);
            case WATCHDOG ->
                surety.fed(device.server())
                        ? new Devices.Answer(true, "is fed; counts when the server's right to run has certainly ended")
                        : new Devices.Answer(false, unfed(device.server()));
            case MANUAL -> new Devices.Answer(true, "waits for 'mainstay fencing acknowledge'");
        };
        remember(device, answer);
        return answer;
    }

    static String unfed(String server) {
        return server
                + " does not say that its watchdog is fed, so it does not count: see WATCHDOG_DEVICE and 'status' there";
    }

    private void remember(Device device, Devices.Answer answer) {
        synchronized (last) {
            last.put(device.name(), answer);
        }
    }

    /** Returns what came of the last test or use of a device. */
    Optional<Devices.Answer> last(String device) {
        synchronized (last) {
            return Optional.ofNullable(last.get(device));
        }
    }
}
