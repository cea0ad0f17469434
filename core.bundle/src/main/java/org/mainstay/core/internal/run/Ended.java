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

    /**
     * An action's end in two words, for those who only need these.
     *
     * @param message one sentence, whatever the end
     */
    public record Result(boolean succeeded, String message) {

        /** Returns that something did not take place. */
        public static Result of(String message) {
            return new Result(false, message);
        }

        /** Returns how an action ended. */
        public static Result of(Ended<org.mainstay.kit.Outcome> ended) {
            return ended.answered()
                    ? new Result(ended.value().succeeded(), ended.value().message())
                    : new Result(false, ended.message());
        }
    }
}
