package org.mainstay.shell.internal.command.lcd;

import java.util.List;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.SeparatorChoice;

/** A list command: one record per line, fields separated by ^A or the character of {@code -fC} (CMD-005). */
abstract class ListCommand extends LcdCommand implements SeparatorChoice {
    private static final String DEFAULT_SEPARATOR = "\u0001";

    private String separator = DEFAULT_SEPARATOR;

    @Override
    public final void separator(String value) {
        this.separator = value;
    }

    /** Prints a record. A field that holds the separator is printed as it is, as the original does. */
    final void print(Invocation invocation, List<String> fields) {
        invocation.out().println(String.join(separator, fields));
    }
}
