package org.mainstay.core.internal.run;

/**
 * How a call into a kit ended.
 *
 * @param how which way
 * @param value the kit's answer; null unless {@link How#ANSWERED}
 * @param message one sentence if there is no answer
 * @param <T> type of the answer
 */
public record Ended<T>(How how, T value, String message) {

    /** Ways a call can end. */
    public enum How {
        /** The kit answered in time. */
        ANSWERED,
        /** The kit let an exception escape. */
        THREW,
        /** Its time ran out; what it answers later is dropped. */
        TIMED_OUT,
        /** It was cancelled: its kit was uninstalled, or Mainstay stops. Whether it had an effect is not known. */
        CANCELLED,
        /** It was not started: no kit, not its turn, too many calls hang. */
        NOT_RUN
    }

    static <T> Ended<T> answered(T value) {
        return new Ended<>(How.ANSWERED, value, "");
    }

    static <T> Ended<T> without(How how, String message) {
        return new Ended<>(how, null, message);
    }

    public boolean answered() {
        return how == How.ANSWERED;
    }
}
