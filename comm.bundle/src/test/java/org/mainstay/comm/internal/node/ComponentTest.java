package org.mainstay.comm.internal.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.GuardControl.HeartbeatPath;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.comm.internal.enrol.NodeSetupService;
import org.mainstay.comm.internal.paths.RecordingGuard;
import org.osgi.framework.BundleContext;

/** The services as core and shell see them: from invitation to heartbeats. */
class ComponentTest {
    @TempDir
    Path folder;

    private final NodeSetupService setup = new NodeSetupService();

    private record Fixed(String data) implements MessengerComponent.Config {
        @Override
        public Class<? extends Annotation> annotationType() {
            return MessengerComponent.Config.class;
        }
    }

    private MessengerComponent messenger(String home, FakeCluster cluster, RecordingGuard guard) throws IOException {
        BundleContext context = (BundleContext) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {BundleContext.class},
                (proxy, method, arguments) -> "mainstay.home".equals(arguments[0])
                        ? folder.resolve(home).toString()
                        : null);
        return new MessengerComponent(context, cluster, guard.control, new Fixed("data"));
    }

    @Test
    void fromInvitationToHeartbeatsOnANewPath() throws Exception {
        int port = TestCluster.freePort();
        FakeCluster coreA = new FakeCluster("A", setup.init(folder.resolve("a/data"), "A", "127.0.4.1", port));
        RecordingGuard guardA = new RecordingGuard();
        MessengerComponent a = messenger("a", coreA, guardA);
        EnrolmentComponent enrolment = new EnrolmentComponent(a, coreA, coreA);
        String first = enrolment.invite().toCompletableFuture().join();
        Await.until("A listens", () -> TestCluster.listens("127.0.4.1", port));
        coreA.refusal = "no majority";
        assertThatThrownBy(() -> join(port, first)).hasMessage("the cluster did not admit B: no majority");
        coreA.refusal = "";
        FakeCluster coreB = new FakeCluster("B", join(port, first));
        RecordingGuard guardB = new RecordingGuard();
        MessengerComponent b = messenger("b", coreB, guardB);
        Inspector atA = new Inspector(a, "core");
        Inspector atB = new Inspector(b, "core");
        Await.until("they talk", () -> atA.open("B") && atB.open("A"));

        coreA.path(new CommPath("p1", "B", "127.0.41.1", "127.0.41.2", 1, 500, 6));
        coreB.path(new CommPath("p1", "A", "127.0.41.2", "127.0.41.1", 1, 500, 6));
        Await.until(
                "both guards know the path",
                () -> last(guardA).size() == 1 && last(guardB).size() == 1);
        assertThat(last(guardA).get(0).key()).isEqualTo(last(guardB).get(0).key());
        guardA.listeners.forEach(listener -> listener.accept(new GuardNews.PathState("p1", "B", true)));
        guardB.listeners.forEach(listener -> listener.accept(new GuardNews.PathState("p1", "A", true)));
        assertThat(a.send("B", "core", Inspector.numbered(5, 4))).isTrue();
        Await.until("it arrived", () -> atB.received("core").equals(List.of(5)));

        int told = guardA.told.size();
        guardA.listeners.forEach(listener -> listener.accept(new GuardNews.Link(true)));
        Await.until("a new guard is told", () -> guardA.told.size() == told + 1);

        enrolment.close();
        a.close();
        Await.until("B noticed at once", () -> !atB.open("A"));
        assertThat(last(guardA)).as("heartbeats go on without Karaf").hasSize(1);
        MessengerComponent again = messenger("a", coreA, guardA);
        Inspector atAgain = new Inspector(again, "core");
        Await.until("they talk again", () -> atAgain.open("B") && atB.open("A"));
        again.close();
        b.close();
        assertThat(guardA.listeners).isEmpty();
        Await.until(
                "no thread is left",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("mainstay-comm")));
    }

    private Membership join(int port, String code) throws IOException {
        return setup.join(folder.resolve("b/data"), "B", "127.0.4.2", port, "127.0.4.1:" + port, code);
    }

    private static List<HeartbeatPath> last(RecordingGuard guard) {
        return guard.told.isEmpty() ? List.of() : guard.told.get(guard.told.size() - 1);
    }

    @Test
    void aServerWithoutAClusterHasAMessengerThatReachesNobody() throws Exception {
        FakeCluster core = new FakeCluster("A", Membership.EMPTY);
        MessengerComponent alone = messenger("c", core, new RecordingGuard());
        assertThat(alone.send("B", "core", new byte[0])).isFalse();
        assertThatThrownBy(() -> alone.request("B", "core", new byte[0], Duration.ofSeconds(1))
                        .toCompletableFuture()
                        .join())
                .cause()
                .isInstanceOf(Messenger.NoCommunicationException.class)
                .hasMessageContaining("mainstay node init");
        EnrolmentComponent enrolment = new EnrolmentComponent(alone, core, core);
        assertThatThrownBy(() -> enrolment.invite().toCompletableFuture().join())
                .hasMessageContaining("mainstay node init");
        assertThat(enrolment.localAddresses()).noneMatch(address -> address.startsWith("127."));
        enrolment.close();
        alone.close();
    }
}
