package org.mainstay.shell.internal.view;

import java.util.Locale;
import org.mainstay.shell.internal.registry.Terminal;

/** Colours, on terminals only: states are words first, colour only helps the eye. */
public final class Style {
    private static final String RESET = "\u001b[0m";
    private static final String BOLD = "\u001b[1m";
    private static final String DIM = "\u001b[2m";
    private static final String RED = "\u001b[31m";
    private static final String GREEN = "\u001b[32m";
    private static final String YELLOW = "\u001b[33m";

    private final boolean colour;

    public Style(Terminal terminal) {
        this.colour = terminal.colour();
    }

    /** Returns the text in the colour of a state of a server, path or resource; a transition is yellow. */
    public String state(String text, String state) {
        return switch (state) {
            case "ISP", "ALIVE" -> wrap(GREEN, text);
            case "OSF", "ILLSTATE", "DEAD" -> wrap(RED, text);
            case "ISU", "UNKNOWN", "RESTORE", "REMOVE", "RECOVER" -> wrap(YELLOW, text);
            default -> text;
        };
    }

    /** Returns the text in the colour of an event level. */
    public String level(String text, String level) {
        return switch (level.toUpperCase(Locale.ROOT)) {
            case "ERROR" -> wrap(RED, text);
            case "WARNING" -> wrap(YELLOW, text);
            default -> text;
        };
    }

    public String heading(String text) {
        return wrap(BOLD, text);
    }

    public String problem(String text) {
        return wrap(RED, text);
    }

    public String faint(String text) {
        return wrap(DIM, text);
    }

    private String wrap(String code, String text) {
        return colour && !text.isEmpty() ? code + text + RESET : text;
    }
}
