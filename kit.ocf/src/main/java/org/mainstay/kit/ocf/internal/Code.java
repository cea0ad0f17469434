package org.mainstay.kit.ocf.internal;

import java.util.Arrays;
import java.util.Optional;
import org.mainstay.kit.CommandResult;

/** Exit codes of resource agents. */
enum Code {
    SUCCESS(0, "success"),
    GENERIC(1, "generic error"),
    ARGUMENTS(2, "a parameter is wrong for this server"),
    UNIMPLEMENTED(3, "the agent does not know this action"),
    PERMISSION(4, "permission denied"),
    INSTALLED(5, "software the agent needs is not installed on this server"),
    CONFIGURED(6, "a parameter is wrong or missing"),
    NOT_RUNNING(7, "not running"),
    RUNNING_PROMOTED(8, "running as promoted instance"),
    FAILED_PROMOTED(9, "failed as promoted instance"),
    DEGRADED(190, "running but degraded"),
    DEGRADED_PROMOTED(191, "running as promoted instance but degraded");

    private static final String REASON = "ocf-exit-reason:";

    private final int number;
    private final String meaning;

    Code(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    /** Returns the code of a result; empty for anything that is no answer of an agent. */
    static Optional<Code> of(CommandResult result) {
        return Arrays.stream(values())
                .filter(code -> code.number == result.exitCode())
                .findFirst();
    }

    static boolean is(CommandResult result, Code... codes) {
        return of(result).filter(code -> Arrays.asList(codes).contains(code)).isPresent();
    }

    /** Returns what went wrong: the agent's own reason if it gave one. */
    static String explain(CommandResult result) {
        if (result.timedOut()) {
            return "it did not end in time and was ended; see timeLimit";
        }
        String reason = result.errors()
                .lines()
                .filter(line -> line.startsWith(REASON))
                .map(line -> line.substring(REASON.length()).strip())
                .reduce((first, last) -> last)
                .orElse("");
        String meaning = of(result)
                .map(code -> code.meaning + " (" + code.number + ")")
                .orElse("exit code " + result.exitCode());
        String last = reason.isEmpty() && !(result.output() + result.errors()).isBlank() ? result.summary() : reason;
        return last.isEmpty() ? meaning : meaning + ": " + last;
    }
}
