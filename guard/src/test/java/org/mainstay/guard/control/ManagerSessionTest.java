package org.mainstay.guard.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Words;

/** What a manager's lines become, over a real socket. */
class ManagerSessionTest {
    @TempDir
    Path folder;

    private final List<Long> opening = new CopyOnWriteArrayList<>();
    private Log log;
    private ControlServer server;
    private Link link;

    @BeforeEach
    void begin() throws Exception {
        Path socket = folder.resolve("guard.sock");
        log = new Log(folder.resolve("log"));
        Operations guard = (Operations) Proxy.newProxyInstance(
                Operations.class.getClassLoader(), new Class<?>[] {Operations.class}, (self, method, arguments) -> {
                    if (method.getName().equals("opening")) {
                        opening.add((Long) arguments[0]);
                    }
                    return null;
                });
        server = new ControlServer(socket, guard, log);
        server.start();
        link = new Link(socket);
        link.send("manager 1 4711");
    }

    @AfterEach
    void end() throws Exception {
        link.close();
        server.close();
        log.close();
    }

    /** Decision 0350: a manager that hangs in its database says so, one that is idle takes that back. */
    @Test
    void aPingSaysForHowLongTheDatabaseHasBeenOpening() throws Exception {
        assertThat(link.ask("1", "ping opening 1500")).startsWith("1 ok");
        assertThat(link.ask("2", "ping opening 601500")).startsWith("2 ok");
        assertThat(link.ask("3", "ping")).startsWith("3 ok");
        assertThat(opening).containsExactly(1500L, 601500L, 0L);
    }

    /** Of a manager of another release. */
    @Test
    void aPingWithWordsThatAreNotKnownIsAPlainOne() throws Exception {
        assertThat(link.ask("1", "ping closing 1500")).startsWith("1 ok");
        assertThat(link.ask("2", "ping opening")).startsWith("2 ok");
        assertThat(opening).containsExactly(0L, 0L);
    }

    @Test
    void aPingWhoseTimeIsNoNumberIsRefusedAndTheLinkLives() throws Exception {
        List<String> answer = Words.parse(link.ask("1", "ping opening soon"));
        assertThat(answer.subList(0, 2)).containsExactly("1", "failed");
        assertThat(answer.get(2)).contains("malformed request 'ping'").contains("soon");
        assertThat(opening).isEmpty();
        assertThat(link.ask("2", "ping")).startsWith("2 ok");
        assertThat(link.ended).isFalse();
    }
}
