package org.mainstay.shell.internal.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.shell.internal.registry.CommandException;

/** {@code KEY=VALUE} arguments. */
public final class Settings {
    private Settings() {}

    /**
     * Returns the settings in order. The value is everything after the first {@code =} and may be empty.
     *
     * @throws CommandException if an argument has no key, or a key comes twice
     */
    public static Map<String, String> parse(List<String> arguments) throws CommandException {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 1) {
                throw CommandException.invalid(
                        "'" + argument + "' is not KEY=VALUE; write for example mount=/srv/data");
            }
            String key = argument.substring(0, equals);
            if (settings.putIfAbsent(key, argument.substring(equals + 1)) != null) {
                throw CommandException.invalid("'" + key + "' is set twice; give it once");
            }
        }
        return settings;
    }
}
