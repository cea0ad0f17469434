package org.mainstay.shell.internal.command;

import picocli.CommandLine.Option;

/** {@code --json}. */
public final class JsonOption {
    @Option(names = "--json", description = "Prints a JSON document, schema 1, instead of a table.")
    private boolean json;

    public boolean chosen() {
        return json;
    }
}
