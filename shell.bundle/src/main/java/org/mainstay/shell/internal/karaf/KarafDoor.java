package org.mainstay.shell.internal.karaf;

import java.util.ArrayList;
import java.util.List;
import org.apache.karaf.shell.api.console.Command;
import org.apache.karaf.shell.api.console.Registry;
import org.apache.karaf.shell.api.console.SessionFactory;
import org.mainstay.cluster.Registration;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.internal.socket.CommandRunner;

/** Registers the commands in the Karaf shell: programs under the scope {@code lk}, nouns under {@code mainstay}. */
public final class KarafDoor {
    private static final String PRODUCT_SCOPE = "lk";

    private KarafDoor() {}

    /** Opens the door; closing the registration takes the commands out of the shell again. */
    public static Registration open(SessionFactory factory, CommandRegistry registry, CommandRunner runner) {
        Registry shell = factory.getRegistry();
        List<Command> commands = commands(registry, runner);
        commands.forEach(shell::register);
        return () -> commands.forEach(shell::unregister);
    }

    static List<Command> commands(CommandRegistry registry, CommandRunner runner) {
        List<Command> commands = new ArrayList<>();
        for (String program : registry.names()) {
            if (!program.equals(CommandRegistry.FRONT)) {
                commands.add(new KarafCommand(
                        registry, runner, PRODUCT_SCOPE, program, new CommandCall(program, List.of())));
            }
        }
        registry.model(CommandRegistry.FRONT)
                .getSubcommands()
                .keySet()
                .forEach(noun -> commands.add(new KarafCommand(
                        registry,
                        runner,
                        CommandRegistry.FRONT,
                        noun,
                        new CommandCall(CommandRegistry.FRONT, List.of(noun)))));
        return commands;
    }
}
