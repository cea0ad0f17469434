package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.FakeEngine;
import org.mainstay.mirror.internal.volume.Mirrored;

/** What stands on a volume that became larger follows: the attachment and its loop device. */
class GrowthTest {
    private static final long SIZE = 2_097_152;

    @TempDir
    private Path folder;

    private final List<String> tools = new ArrayList<>();
    private String complaint = "";
    private Lcd own;
    private Path attachment;
    private boolean made;
    private List<String> sent;
    private List<String> commands;

    @BeforeEach
    void volume() throws IOException {
        String name = "growth-" + folder.getFileName();
        Map<String, String> properties = Map.of(
                "device", "/dev/d", "mount", "/srv/data", "fstype", "xfs", "mirror", "10.0.0.1", "mirror-volume", name);
        own = Lcd.empty("A", 1)
                .with(Instance.create("data", "/srv/data", "filesys", "volume").withProperties(properties, "1"));
        attachment = Mirrored.of("data", properties).orElseThrow().attachment();
        sent = List.of("resize", name, Long.toString(SIZE));
        Files.createDirectories(folder.resolve("proc/7"));
        Files.createDirectories(folder.resolve("sys/loop3/loop"));
        Files.writeString(folder.resolve("sys/loop3/loop/backing_file"), attachment + "\n");
        Files.createDirectories(folder.resolve("sys/loop4/loop"));
        Files.writeString(folder.resolve("sys/loop4/loop/backing_file"), "/another\n");
        process("exe", "/lib/mainstay-attach");
    }

    @AfterEach
    void tidy() throws IOException {
        if (made) {
            Files.deleteIfExists(attachment);
            for (Path at = attachment.getParent(); at != null; at = at.getParent()) {
                if (at.toFile().list().length > 0) {
                    break;
                }
                Files.delete(at);
            }
        }
    }

    private void process(String exe, String program) throws IOException {
        Files.writeString(
                folder.resolve("proc/7/cmdline"),
                "/opt" + program + "\0-d\0" + attachment.getParent() + "\0nbd.sock\0v@3\0");
        Files.deleteIfExists(folder.resolve("proc/7/exe"));
        Files.createSymbolicLink(folder.resolve("proc/7/exe"), Path.of(exe));
    }

    private void attach(long size) throws IOException {
        made = true;
        Files.createDirectories(attachment.getParent());
        try (RandomAccessFile file = new RandomAccessFile(attachment.toFile(), "rw")) {
            file.setLength(size);
        }
    }

    private EngineLink.Answer grow() throws IOException {
        Path socket = folder.resolve("c.sock");
        try (FakeEngine engine = new FakeEngine(socket)) {
            engine.answers.put("resize", Long.toString(SIZE));
            commands = engine.commands;
            return new Growth(new EngineLink(socket), folder.resolve("proc"), folder.resolve("sys"), line -> {
                        tools.add(String.join(" ", line));
                        return complaint;
                    })
                    .grow(own, sent);
        } finally {
            Files.deleteIfExists(socket);
        }
    }

    @Test
    void theLoopDeviceOfTheAttachmentIsToldAndTheOperatorWhatIsLeft() throws IOException {
        attach(SIZE);
        EngineLink.Answer answer = grow();
        assertThat(tools).containsExactly("losetup -c /dev/loop3");
        assertThat(answer.text())
                .isEqualTo(
                        "data has 2097152 bytes now; /dev/loop3 shows it; the file system follows with: xfs_growfs /srv/data");
    }

    @Test
    void aLoopDeviceThatDoesNotFollowIsSaid() throws IOException {
        attach(SIZE);
        complaint = "losetup ended with 1: no";
        assertThat(grow().text())
                .contains("/dev/loop3 does not show it: losetup ended with 1: no; give the command again");
    }

    @Test
    void anAttachmentThatDoesNotFollowIsSaid() throws IOException {
        attach(SIZE - 512);
        assertThat(grow().text()).contains("its attachment does not show it yet");
        assertThat(tools).isEmpty();
    }

    @Test
    void withoutAnAttachmentThereIsNothingToFollow() throws IOException {
        assertThat(grow().text()).contains("it is shown when data is brought into service");
    }

    /** It would wait for a volume of the size it knows, for good. */
    @Test
    void anAttachmentOfAnOlderProgramIsNotLeftBehind() throws IOException {
        attach(SIZE);
        process("/opt/lib/mainstay-attach (deleted)", "/lib/mainstay-attach");
        EngineLink.Answer answer = grow();
        assertThat(answer.exit()).isEqualTo(8);
        assertThat(answer.text()).contains("from before an update").contains("take data out of service");
        assertThat(commands).isEmpty();
    }
}
