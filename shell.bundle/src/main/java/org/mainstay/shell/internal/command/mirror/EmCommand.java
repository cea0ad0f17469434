package org.mainstay.shell.internal.command.mirror;

import org.mainstay.cluster.Reply;
import org.mainstay.shell.internal.registry.CommandException;

/**
 * One command of {@code emcmd}.
 *
 * @param name in upper case
 * @param least arguments at least
 * @param most arguments at most
 * @param place where it is carried out
 * @param output how success and failure are told
 * @param body does it
 */
record EmCommand(String name, int least, int most, Place place, Output output, Body body) {
    /** For {@link #most}: as many as you like. */
    static final int ANY = Integer.MAX_VALUE;

    /** Where a command is carried out. */
    enum Place {
        /** Where it is typed: what it needs is known on every server, or the mirrors' control asks for it. */
        ASKED,
        /** On the server it is sent to. */
        THERE,
        /** Only on the server where it is typed, of itself. */
        LOCAL
    }

    /** How success and failure are told (EMC-008). */
    enum Output {
        /** The command prints its answer. */
        ANSWER,
        /** The command prints its answer; a failure is a status line. */
        ANSWER_OR_STATUS,
        /** A status line. */
        STATUS,
        /** Nothing. */
        NOTHING
    }

    /** What a command does. */
    @FunctionalInterface
    interface Body {
        Reply run(EmCall call) throws CommandException, InterruptedException;
    }

    /** What a question does. */
    @FunctionalInterface
    interface Question {
        void answer(EmCall call) throws CommandException, InterruptedException;
    }

    static EmCommand question(String name, int arguments, Question question) {
        return question(name, arguments, arguments, Place.ASKED, question);
    }

    static EmCommand question(String name, int least, int most, Place place, Question question) {
        return new EmCommand(name, least, most, place, Output.ANSWER, call -> {
            question.answer(call);
            return Reply.success("");
        });
    }

    static EmCommand change(String name, int least, int most, Place place, Body body) {
        return new EmCommand(name, least, most, place, Output.STATUS, body);
    }

    /** Says how many arguments there are. */
    String arguments() {
        return least == most
                ? least + (least == 1 ? " argument" : " arguments")
                : most == ANY ? "at least " + least + " arguments" : least + " to " + most + " arguments";
    }
}
