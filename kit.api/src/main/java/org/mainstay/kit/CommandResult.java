package org.mainstay.kit;

/**
 * How a program ended. Received, never constructed by kits.
 *
 * @param exitCode its exit code; 128 + signal if a signal ended it; -1 if it could not be started; -2 if its time ran out
 * @param output standard output as UTF-8, at most the last 256 KiB
 * @param errors standard error as UTF-8, at most the last 256 KiB; for -1 and -2 what went wrong
 */
public record CommandResult(int exitCode, String output, String errors) {

    public boolean succeeded() {
        return exitCode == 0;
    }

    public boolean timedOut() {
        return exitCode == -2;
    }

    /** Returns the most telling line: the last of the errors, else the last of the output, else the exit code. */
    public String summary() {
        String text = errors.isBlank() ? output : errors;
        String[] lines = text.strip().split("\\R");
        return lines[lines.length - 1].isBlank() ? "exit code " + exitCode : lines[lines.length - 1].strip();
    }
}
