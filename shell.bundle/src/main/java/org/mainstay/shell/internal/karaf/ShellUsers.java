package org.mainstay.shell.internal.karaf;

import java.security.AccessController;
import java.security.Principal;
import java.util.Set;
import java.util.stream.Collectors;
import javax.security.auth.Subject;
import org.apache.karaf.shell.api.console.Session;
import org.mainstay.cluster.Caller;

/** Who types in the Karaf shell: the roles of Karaf's log-in decide. Without a log-in nothing may be changed. */
final class ShellUsers {
    private static final String ROLE_PRINCIPAL = "RolePrincipal";

    private ShellUsers() {}

    @SuppressWarnings("removal") // how Karaf hands the log-in to commands on Java 17
    static Caller caller(Session session, String server) {
        Subject subject = Subject.getSubject(AccessController.getContext());
        Object user = session.get("USER");
        return new Caller(user == null ? "karaf" : user.toString(), role(subject), server + " karaf");
    }

    static Caller.Role role(Subject subject) {
        if (subject == null) {
            return Caller.Role.GUEST;
        }
        Set<String> roles = subject.getPrincipals().stream()
                .filter(principal -> principal.getClass().getSimpleName().equals(ROLE_PRINCIPAL))
                .map(Principal::getName)
                .collect(Collectors.toSet());
        if (roles.contains("admin")) {
            return Caller.Role.ADMINISTRATOR;
        }
        return roles.contains("operator") ? Caller.Role.OPERATOR : Caller.Role.GUEST;
    }
}
