package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.HashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.core.internal.lcd.DamagedStore;
import org.osgi.framework.BundleContext;

/** What the guard is told of a database that is being opened (decision 0350): it ends a manager that does so for too long. */
class NodeComponentTest {
    @TempDir
    Path home;

    private final FakeGuard guard = new FakeGuard(new HashMap<>());
    private NodeComponent component;

    private void open() {
        BundleContext context = (BundleContext) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {BundleContext.class},
                (proxy, method, arguments) -> "mainstay.home".equals(arguments[0]) ? home.toString() : null);
        component = new NodeComponent(context, guard);
    }

    @AfterEach
    void stop() {
        component.stop();
    }

    /** Its first report ends it, after the database was read. */
    @Test
    void aDatabaseThatIsWholeIsBeingOpenedUntilTheManagerReports() throws Exception {
        DamagedStore.makeWhole(home.resolve("data"));
        open();
        assertThat(component.snapshot().self()).isEqualTo("A");
        assertThat(guard.openings()).containsExactly(true);
    }

    /** It waits for another server's copy and reports nothing until then. */
    @Test
    void aDatabaseThatWaitsForRepairIsNotBeingOpenedAnyMore() throws Exception {
        DamagedStore.make(home.resolve("data"));
        open();
        assertThat(component.snapshot().self()).as("not idle").isEqualTo("A");
        assertThat(guard.openings()).containsExactly(true, false);
    }

    @Test
    void aManagerWithoutDatabaseIsIdleAndSaysSo() {
        open();
        assertThat(component.snapshot().self()).isEmpty();
        assertThat(component.snapshot().problems()).singleElement().asString().contains("not part of a cluster yet");
        assertThat(guard.openings()).containsExactly(true, false);
    }
}
