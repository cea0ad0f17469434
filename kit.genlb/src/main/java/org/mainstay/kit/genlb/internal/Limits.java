package org.mainstay.kit.genlb.internal;

import org.mainstay.kit.ActionContext;

/**
 * The tunables (LB-070 to LB-072).
 *
 * @param timeoutSeconds HC_TIMEOUT: longest time without a probe
 * @param readSeconds HC_READ_TIMEOUT: longest wait for the balancer's data before it is answered
 * @param maxErrors HC_MAX_ERROR: tolerated failures in a row to accept a probe; 10 is our choice, the original names none
 */
record Limits(int timeoutSeconds, int readSeconds, int maxErrors) {
    static final int TIMEOUT = 60;
    static final int READ_TIMEOUT = 10;
    static final int MAX_ERROR = 10;
    /** Longest HC_TIMEOUT, as a restore waits for it. */
    static final int LONGEST = 3600;

    static Limits of(ActionContext context) {
        return new Limits(
                number(context, "HC_TIMEOUT", TIMEOUT, 1),
                number(context, "HC_READ_TIMEOUT", READ_TIMEOUT, 1),
                number(context, "HC_MAX_ERROR", MAX_ERROR, 0));
    }

    private static int number(ActionContext context, String name, int fallback, int lowest) {
        String text = context.tunable(name, String.valueOf(fallback)).strip();
        if (text.matches("\\d{1,4}") && Integer.parseInt(text) >= lowest && Integer.parseInt(text) <= LONGEST) {
            return Integer.parseInt(text);
        }
        context.progress("warning: " + name + "='" + text + "' is not a whole number from " + lowest + " to " + LONGEST
                + "; using " + fallback);
        return fallback;
    }
}
