package org.mainstay.shell.internal.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;

/** Users share the local door. */
class PlacesTest {
    private static final UserPrincipal ROOT = new User("root");
    private static final UserPrincipal ANNA = new User("anna");

    private final Places places = new Places(new Limits(8, 10_000, 50));

    private record User(String name) implements UserPrincipal {
        @Override
        public String getName() {
            return name;
        }
    }

    private static final class Connection implements Places.Client {
        private long blocked;
        private boolean closed;

        @Override
        public long blockedNanos() {
            return blocked;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private Optional<String> take(UserPrincipal user) {
        return places.take(new Connection(), user, user.equals(ROOT));
    }

    @Test
    void oneUserOfTheGroupHasAShareOnly() {
        assertThat(take(ANNA)).isEmpty();
        Connection second = new Connection();
        assertThat(places.take(second, ANNA, false)).isEmpty();
        assertThat(take(ANNA)).hasValue("too many commands of anna run on this server (2); end some and try again");
        assertThat(take(new User("berta"))).isEmpty();
        places.leave(second);
        assertThat(take(ANNA)).isEmpty();
    }

    @Test
    void theUsersOfTheGroupLeavePlacesToRoot() {
        List<Optional<String>> answers = new ArrayList<>();
        for (int user = 0; user < 8; user++) {
            answers.add(take(new User("u" + user)));
        }
        assertThat(answers.stream().filter(Optional::isEmpty)).hasSize(6);
        assertThat(answers.get(7)).hasValue("too many commands run on this server (6); end some and try again");
        assertThat(take(ROOT)).isEmpty();
        assertThat(take(ROOT)).isEmpty();
        assertThat(take(ROOT)).hasValueSatisfying(why -> assertThat(why).contains("(8)"));
    }

    @Test
    void rootMayHaveAllPlacesAndOthersMayNotPushItOut() {
        List<Connection> roots = new ArrayList<>();
        for (int place = 0; place < 8; place++) {
            roots.add(new Connection());
            assertThat(places.take(roots.get(place), ROOT, true)).isEmpty();
        }
        assertThat(take(ANNA)).isPresent();
        assertThat(roots).noneMatch(connection -> connection.closed);
    }

    @Test
    void whoTakesNoOutputGivesWayToItsOwnUserFirst() {
        Connection stuckOfRoot = new Connection();
        stuckOfRoot.blocked = 1_000_000_000L;
        Connection stuck = new Connection();
        stuck.blocked = 100_000_000L;
        assertThat(places.take(stuckOfRoot, ROOT, true)).isEmpty();
        assertThat(places.take(stuck, ANNA, false)).isEmpty();
        assertThat(take(ANNA)).isEmpty();
        assertThat(take(ANNA)).isEmpty();
        assertThat(stuck.closed).isTrue();
        assertThat(stuckOfRoot.closed).isFalse();
    }
}
