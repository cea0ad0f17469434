package org.mainstay.shell.internal.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.security.auth.Subject;
import org.apache.karaf.shell.api.console.Command;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.testing.SocketHome;

class KarafDoorTest {
    private final CommandRegistry registry = Programs.registry();

    @Test
    void everyProgramAndNounIsACommandOfTheShell() {
        Set<String> names = KarafDoor.commands(registry, new SocketHome(java.nio.file.Path.of("target"))).stream()
                .map(command -> command.getScope() + ":" + command.getName())
                .collect(Collectors.toSet());
        assertThat(names)
                .contains(
                        "lk:ins_list",
                        "lk:perform_action",
                        "lk:lkstop",
                        "mainstay:status",
                        "mainstay:events",
                        "mainstay:resource",
                        "mainstay:node")
                .doesNotContain("lk:mainstay", "mainstay:ins_list");
        assertThat(names.stream().filter(name -> name.startsWith("lk:")))
                .as("every program but the front itself")
                .hasSize(registry.names().size() - 1);
    }

    @Test
    void everyCommandDescribesItself() {
        for (Command command : KarafDoor.commands(registry, new SocketHome(java.nio.file.Path.of("target")))) {
            assertThat(command.getDescription()).as(command.getName()).isNotBlank();
        }
    }

    @Test
    void verbsThenOptionsAreOffered() {
        CommandCall resource = new CommandCall("mainstay", List.of("resource"));
        assertThat(Completions.next(registry, resource, List.of()))
                .contains("create", "in-service", "--help")
                .doesNotContain("switchover");
        assertThat(Completions.next(registry, resource, List.of("extend", "pg")))
                .contains("--to", "--priority", "--set");
        assertThat(Completions.next(registry, new CommandCall("ins_list", List.of()), List.of()))
                .contains("-d", "-R", "-t");
        assertThat(Completions.next(registry, new CommandCall("mainstay", List.of("node")), List.of()))
                .contains("invite")
                .doesNotContain("phase");
    }

    @Test
    void rolesOfTheLogInDecide() {
        assertThat(ShellUsers.role(null)).isEqualTo(Caller.Role.GUEST);
        assertThat(ShellUsers.role(new Subject())).isEqualTo(Caller.Role.GUEST);
        Subject admin = new Subject();
        admin.getPrincipals().add(new RolePrincipal("admin"));
        assertThat(ShellUsers.role(admin)).isEqualTo(Caller.Role.ADMINISTRATOR);
        Subject operator = new Subject();
        operator.getPrincipals().add(new RolePrincipal("operator"));
        assertThat(ShellUsers.role(operator)).isEqualTo(Caller.Role.OPERATOR);
    }

    private record RolePrincipal(String name) implements java.security.Principal {
        @Override
        public String getName() {
            return name;
        }
    }
}
