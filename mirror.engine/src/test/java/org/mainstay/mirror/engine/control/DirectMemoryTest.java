package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.nbd.Certificates;

/**
 * The process may take as much direct memory as the guard says at its start; what its parts may hold together, each at its own bound, has
 * to fit, or a request that is within its bound ends the engine.
 */
class DirectMemoryTest {
    private static final Path ENGINE = Path.of("src/main/java/org/mainstay/mirror/engine");
    /** Mirrors of all volumes of a server, each with its connection. */
    private static final int CONNECTIONS = 32;

    @TempDir
    Path folder;

    private static long number(Path file, String pattern) throws Exception {
        Matcher found = Pattern.compile(pattern).matcher(Files.readString(file));
        assertThat(found.find()).as("%s has %s", file, pattern).isTrue();
        return Long.parseLong(found.group(1));
    }

    private static long bound() throws Exception {
        Path guard = Path.of("../guard/src/main/java/org/mainstay/guard/supervise/EngineSupervisor.java");
        return number(guard, "MaxDirectMemorySize=(\\d+)m") << 20;
    }

    @Test
    void itIsTheSameWhereverTheEngineIsStarted() throws Exception {
        for (String file : List.of("src/test/sh/pair.sh", "PROTOCOL.md", "../bench/mirror")) {
            assertThat(number(Path.of(file), "MaxDirectMemorySize=(\\d+)m") << 20)
                    .as(file)
                    .isEqualTo(bound());
        }
    }

    @Test
    void allThatItsPartsMayHoldFits() throws Exception {
        long memory = number(ENGINE.resolve("MirrorEngineMain.java"), "memory\", (\\d+)L << 20") << 20;
        List<String> log = new CopyOnWriteArrayList<>();
        Path tls = new Certificates(folder.resolve("nbd-tls")).folder;
        Files.writeString(tls.resolve("listen"), "127.0.0.1:0\n");
        try (Engine engine = new Engine(folder, "A", new InetSocketAddress("127.0.0.1", 0), null, memory, log::add)) {
            EnginePair.until(() -> log.stream().anyMatch(line -> line.contains("NBD over TCP with TLS listens")));
            List<Buffers> parts = reachable(engine);
            assertThat(parts)
                    .as("volumes, queues, snapshots, inputs, far clients")
                    .hasSizeGreaterThanOrEqualTo(5);
            long most = 0;
            for (Buffers part : parts) {
                most += part.limit() + kept(part);
            }
            long input = number(ENGINE.resolve("link/SocketLink.java"), "INPUT_BYTES = (\\d+) << 20") << 20;
            most += CONNECTIONS * (input + Frame.LARGEST_PAYLOAD);
            assertThat(most).as("bytes of direct memory").isLessThanOrEqualTo(bound());
        }
    }

    /** What lies idle, of one size, while all that is out is of another. */
    private static long kept(Buffers part) throws Exception {
        Field kept = Buffers.class.getDeclaredField("kept");
        kept.setAccessible(true);
        return kept.getLong(part);
    }

    /** Returns all that anything of the engine refers to, so that a part that is added counts without being named here. */
    private static List<Buffers> reachable(Object root) throws Exception {
        List<Buffers> found = new ArrayList<>();
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> left = new ArrayDeque<>(List.of(root));
        while (!left.isEmpty()) {
            Object one = left.poll();
            if (!seen.add(one)) {
                continue;
            }
            if (one instanceof Buffers buffers) {
                found.add(buffers);
            } else if (one instanceof Collection<?> all) {
                all.stream().filter(java.util.Objects::nonNull).forEach(left::add);
            } else if (one instanceof Map<?, ?> map) {
                map.values().stream().filter(java.util.Objects::nonNull).forEach(left::add);
            } else if (one.getClass().getName().startsWith("org.mainstay.")) {
                references(one, left);
            }
        }
        return found;
    }

    private static void references(Object one, Deque<Object> into) throws Exception {
        for (Class<?> type = one.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!type.getName().startsWith("org.mainstay.")
                        || field.getType().isPrimitive()
                        || Modifier.isStatic(field.getModifiers())) {
                    continue;
                }
                field.setAccessible(true);
                Object value = field.get(one);
                if (value != null) {
                    into.add(value);
                }
            }
        }
    }
}
