package org.mainstay.quorum.internal.fence;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** What can be done with a device that is a fence agent. Thread-safe; calls block. */
final class Devices {
    /** Nothing was done, as nothing is to be done any more. */
    static final Answer GIVEN_UP = new Answer(false, "given up before the device was called");

    private static final long STATUS_EVERY_MILLIS = 1_000;

    private final Agents agents;
    private final LongSupplier millis;
    private final CountDownLatch closing;

    /**
     * Makes it.
     *
     * @param millis monotonic clock
     * @param closing ends waiting
     */
    Devices(Agents agents, LongSupplier millis, CountDownLatch closing) {
        this.agents = agents;
        this.millis = millis;
        this.closing = closing;
    }

    /**
     * What a device says.
     *
     * @param confirmed whether the server is certainly off, or the test passed
     */
    record Answer(boolean confirmed, String message) {}

    /**
     * Switches the server off and makes sure that it is: an agent's success is believed only when its status says off as well,
     * unless the device is set to {@code verify=none}.
     *
     * @param wanted asked before each try
     */
    Answer off(Device device, BooleanSupplier wanted) throws InterruptedException {
        Answer answer = GIVEN_UP;
        for (int attempt = 0; attempt <= device.retries(); attempt++) {
            if (!wanted.getAsBoolean()) {
                return answer;
            }
            answer = tryOff(device);
            if (answer.confirmed()) {
                return answer;
            }
        }
        return new Answer(false, answer.message() + tries(device));
    }

    private static String tries(Device device) {
        return device.retries() == 0 ? "" : " (tried " + (device.retries() + 1) + " times)";
    }

    private Answer tryOff(Device device) throws InterruptedException {
        try {
            agents.check(device);
        } catch (FencingProblem e) {
            return new Answer(false, e.getMessage());
        }
        AgentRun off = agents.run(device, "off", device.timeoutMillis());
        if (!off.succeeded()) {
            boolean isOff = device.verify()
                    && agents.run(device, "status", device.timeoutMillis()).exitCode() == AgentRun.OFF;
            return isOff
                    ? new Answer(true, device.agent() + ": its status says off, although off " + off.text())
                    : new Answer(false, device.agent() + " off " + off.text());
        }
        if (!device.verify()) {
            return new Answer(true, device.agent() + " says off; its status is not asked (verify=none)");
        }
        long end = millis.getAsLong() + device.timeoutMillis();
        AgentRun status = agents.run(device, "status", device.timeoutMillis());
        while (status.exitCode() != AgentRun.OFF && millis.getAsLong() < end) {
            if (closing.await(Math.min(STATUS_EVERY_MILLIS, device.timeoutMillis() / 4 + 1), TimeUnit.MILLISECONDS)) {
                break;
            }
            status = agents.run(device, "status", device.timeoutMillis());
        }
        return switch (status.exitCode()) {
            case AgentRun.OFF -> new Answer(true, device.agent() + ": off, and its status says off");
            case 0 -> new Answer(false, device.agent() + " off succeeded, but its status still says on");
            default -> new Answer(false, device.agent() + " off succeeded, but its status " + status.text());
        };
    }

    /** Switches the server on again, once; whether it worked is only told. */
    Answer on(Device device) throws InterruptedException {
        AgentRun on = agents.run(device, "on", device.timeoutMillis());
        return new Answer(on.succeeded(), device.agent() + " on " + on.text());
    }

    /** Asks the agent for monitor and status; changes nothing. */
    Answer test(Device device) throws InterruptedException {
        try {
            agents.check(device);
        } catch (FencingProblem e) {
            return new Answer(false, e.getMessage());
        }
        AgentRun monitor = agents.run(device, "monitor", device.timeoutMillis());
        if (!monitor.succeeded()) {
            return new Answer(false, device.agent() + " monitor " + monitor.text());
        }
        if (!device.verify()) {
            return new Answer(true, device.agent() + " answers");
        }
        AgentRun status = agents.run(device, "status", device.timeoutMillis());
        return switch (status.exitCode()) {
            case 0 -> new Answer(true, device.agent() + " answers, status on");
            case AgentRun.OFF -> new Answer(true, device.agent() + " answers, status off");
            default -> new Answer(false, device.agent() + " answers, but its status " + status.text());
        };
    }
}
