package org.mainstay.shell.internal.registry;

import java.util.List;

/**
 * A command as typed.
 *
 * @param name name of the program, such as {@code ins_list} or {@code mainstay}
 * @param arguments what follows
 */
public record CommandCall(String name, List<String> arguments) {
    public CommandCall {
        arguments = List.copyOf(arguments);
    }
}
