package org.mainstay.mirror.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Creation;
import org.mainstay.kit.HostProcesses;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;

/** The volume kit in front of a mirror: what is asked of the engine's control and in which order. */
class MirroredVolumeTest {
    @TempDir
    private Path folder;

    private final List<String> calls = new ArrayList<>();
    private final Fake host = new Fake();
    private final Port port = new Port();
    private final MirrorAccess mirrors = new MirrorAccess();
    private VolumeKit kit;
    private Path image;
    private Path mount;
    private Mirrored mirrored;

    @BeforeEach
    void volume() throws IOException {
        image = Files.write(folder.resolve("disk.img"), new byte[8192]);
        mount = folder.resolve("mnt/data");
        host.fileSystems.put(image, "ext4");
        kit = new VolumeKit(folder.resolve("fstab"), mirrors);
        mirrors.bind(port);
    }

    @AfterEach
    void tidy() throws IOException {
        if (mirrored != null) {
            Files.deleteIfExists(mirrored.attachment());
            for (Path path = mirrored.folder(); path.endsWith(mirrored.volume()); path = path.getParent()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private TestContext asked(String... more) {
        Map<String, String> answers =
                new HashMap<>(Map.of("device", image.toString(), "mount", mount.toString(), "mirror", "10.0.0.1"));
        for (int i = 0; i < more.length; i += 2) {
            answers.put(more[i], more[i + 1]);
        }
        return new TestContext(host, "A", "", answers);
    }

    private TestContext existing() {
        Creation creation = kit.create(asked());
        assertThat(creation.refusal()).isEmpty();
        mirrored = Mirrored.of("data", creation.properties()).orElseThrow();
        return new TestContext(host, "A", creation.id(), creation.properties());
    }

    /** Runs the attachment: the file appears and a process holds it. */
    private final class Fake extends TestHost implements HostProcesses {
        private final Map<Long, List<String>> processes = new HashMap<>();

        Fake() {
            super("A", new HashMap<>());
        }

        @Override
        public CommandResult run(Command command) {
            List<String> words = command.arguments();
            if (words.get(0).endsWith("/mainstay-attach")) {
                calls.add("attach " + words.get(words.size() - 1));
                assertThat(command.startsService()).isTrue();
                try {
                    Files.createDirectories(mirrored.folder());
                    Files.createFile(mirrored.attachment());
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                processes.put(7L, words);
            }
            return new CommandResult(0, "", "");
        }

        @Override
        public org.mainstay.kit.HostNetwork network() {
            return new Addresses();
        }

        @Override
        public HostProcesses processes() {
            return this;
        }

        @Override
        public Optional<List<String>> commandLine(long pid) {
            return Optional.ofNullable(processes.get(pid));
        }

        @Override
        public Optional<Path> directory(long pid) {
            return Optional.empty();
        }

        @Override
        public List<Long> workingIn(Path directory) {
            return List.of();
        }

        @Override
        public boolean signal(long pid, Signal signal) {
            calls.add("signal " + signal);
            processes.remove(pid);
            try {
                Files.deleteIfExists(mirrored.attachment());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return true;
        }

        @Override
        public List<Long> inService() {
            return List.copyOf(processes.keySet());
        }

        @Override
        public Outcome endAll() {
            return Outcome.success("");
        }

        @Override
        public String owner(Path file) {
            return "root";
        }

        @Override
        public boolean userExists(String name) {
            return true;
        }
    }

    /** The one address of this server. */
    private static final class Addresses extends NoNetwork {
        @Override
        public List<Interface> interfaces() {
            try {
                InetAddress own = InetAddress.getByName("10.0.0.1");
                return List.of(new Interface("eth0", List.of(new InterfaceAddress(own, 24)), true, true));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** The control of mirrors. */
    private final class Port implements MirrorPort {
        private Outcome answer = Outcome.success("source");
        private boolean held;

        @Override
        public Source source(Mirrored volume, Consumer<String> progress) {
            calls.add("source");
            return new Source(answer, answer.succeeded() ? volume.volume() + "@4" : "");
        }

        @Override
        public Outcome release(Mirrored volume) {
            calls.add("release");
            return Outcome.success("stopped");
        }

        @Override
        public Outcome forget(Mirrored volume) {
            calls.add("forget");
            return Outcome.success("forgotten");
        }

        @Override
        public Outcome force(Mirrored volume) {
            calls.add("force");
            return Outcome.success("forced");
        }

        @Override
        public Outcome check(Mirrored volume) {
            return answer;
        }

        @Override
        public boolean held(Mirrored volume) {
            return held;
        }

        @Override
        public String exports() {
            return "data/mirror/nbd.sock";
        }
    }

    // covers ADM-251 ADM-252 MIR-020 MIR-210
    @Test
    void createCompletesAndChecksTheMirrorsProperties() {
        Creation creation = kit.create(asked());
        assertThat(creation.refusal()).isEmpty();
        assertThat(creation.properties())
                .containsEntry("mirror", "10.0.0.1:1501")
                .containsEntry("mirror-type", "sync")
                .containsEntry("mirror-size", "8192")
                .containsEntry("reservation", "none");
        assertThat(creation.properties().get("mirror-volume")).matches("data-[0-9a-f]{8}");
        assertThat(kit.create(asked("mirror", "10.9.9.9")).refusal())
                .hasValueSatisfying(text -> assertThat(text).contains("is not an address of this server (A)"));
        assertThat(kit.create(asked("mirror", "10.0.0.1:x")).refusal()).isPresent();
        assertThat(kit.create(asked("reservation", "scsi")).refusal())
                .hasValueSatisfying(text -> assertThat(text).contains("no shared storage"));
        assertThat(calls).isEmpty();
    }

    // covers ADM-250 MIR-201
    @Test
    void aFurtherSideNeedsRoomAndNoFileSystem() throws IOException {
        Map<String, String> first = kit.create(asked()).properties();
        Path small = Files.write(folder.resolve("small.img"), new byte[4096]);
        Map<String, String> there = new HashMap<>(first);
        there.put("device", small.toString());
        assertThat(kit.extend(new TestContext(host, "A", "", there)).refusal())
                .hasValueSatisfying(text -> assertThat(text).contains("has 4096 bytes here; the volume has 8192"));
        Path large = Files.write(folder.resolve("large.img"), new byte[16384]);
        there.put("device", large.toString());
        Creation accepted = kit.extend(new TestContext(host, "A", "", there));
        assertThat(accepted.refusal()).isEmpty();
        assertThat(accepted.remarks()).anyMatch(text -> text.contains("is overwritten by the mirror"));
        assertThat(accepted.properties())
                .containsEntry("mirror-volume", first.get("mirror-volume"))
                .containsEntry("mirror-size", "8192");
    }

    @Test
    void restoreBecomesSourceAttachesAndMountsAndRemoveGoesTheOtherWay() {
        TestContext context = existing();
        assertThat(kit.restore(context).succeeded()).isTrue();
        assertThat(host.mounted).hasSize(1);
        assertThat(kit.probe(context).state()).isEqualTo(Probe.State.RUNNING);
        assertThat(kit.restore(context).succeeded()).isTrue();
        assertThat(calls).containsExactly("source", "attach " + mirrored.volume() + "@4", "source");
        calls.clear();
        assertThat(kit.remove(context).succeeded()).isTrue();
        assertThat(host.mounted).isEmpty();
        assertThat(calls).containsExactly("signal TERM", "release");
        assertThat(kit.probe(context).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(kit.remove(context).succeeded()).isTrue();
    }

    @Test
    void whatTheMirrorRefusesIsNotMounted() {
        TestContext context = existing();
        port.answer = Outcome.failed("the data of data on A may be old");
        Outcome refused = kit.restore(context);
        assertThat(refused.succeeded()).isFalse();
        assertThat(refused.message()).contains("may be old");
        assertThat(host.mounted).isEmpty();
        assertThat(calls).containsExactly("source");
        mirrors.unbind(port);
        assertThat(kit.restore(context).message()).contains("not there yet");
    }

    @Test
    void anAttachmentWithoutMountIsNeitherRunningNorStopped() {
        TestContext context = existing();
        host.mountAnswer = Outcome.failed("bad superblock");
        assertThat(kit.restore(context).succeeded()).isFalse();
        assertThat(kit.probe(context).state()).isEqualTo(Probe.State.PARTIAL);
        assertThat(kit.remove(context).succeeded()).isTrue();
        assertThat(kit.probe(context).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(calls).endsWith("signal TERM", "release");
    }

    @Test
    void checksAskTheMirrorAndDoNotWriteWhileChangesAreHeld() {
        TestContext context = existing();
        kit.restore(context);
        assertThat(kit.quickCheck(context).succeeded()).isTrue();
        port.held = true;
        assertThat(kit.deepCheck(context).message()).contains("changes wait");
        port.answer = Outcome.failed("the mirror engine does not serve data any more");
        assertThat(kit.quickCheck(context).message()).contains("does not serve");
    }

    // covers ADM-254
    @Test
    void theKillHandleNamesTheAttachmentAndDeleteForgets() {
        TestContext context = existing();
        assertThat(kit.killHandles(context))
                .singleElement()
                .satisfies(handle -> assertThat(handle.arguments().get(1))
                        .endsWith("/data/mirror/attach/" + mirrored.volume() + "/volume"));
        assertThat(kit.perform(VolumeKit.FORCE_MIRROR, List.of(), context).succeeded())
                .isTrue();
        assertThat(kit.delete(context).succeeded()).isTrue();
        assertThat(kit.unextend(context).succeeded()).isTrue();
        assertThat(calls).containsExactly("force", "forget", "forget");
    }
}
