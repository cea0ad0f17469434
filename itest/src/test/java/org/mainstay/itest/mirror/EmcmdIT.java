package org.mainstay.itest.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.fault.FaultCase;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/**
 * The life of a mirror as an administrator of the original product leads it, by {@code emcmd} alone, on two servers: made, paused, of
 * another type, at other addresses, switched over, given up on one side and deleted (spec/05 chapters 3 and 4).
 */
class EmcmdIT extends FaultCase {
    private static final Duration LONG = Duration.ofSeconds(120);
    private static final String DEVICE = "/srv/disk";
    private static final String MOUNT = "/srv/data";

    @Override
    protected void formed() {
        for (Server server : lab().servers()) {
            // A target that ends by command says so; who waited for the window nevertheless would not be done in time.
            server.machine()
                    .run(
                            "sh",
                            "-c",
                            "echo MIRROR_CURRENCY_MS=900000 >> \"$1\"",
                            "sh",
                            server.home() + "/etc/default/LifeKeeper")
                    .orThrow();
            Path image = lab().directory().resolve("disk-" + server.name());
            Exec.run("truncate", "-s", "48M", image.toString()).orThrow();
            Exec.run("mkfs.ext4", "-q", image.toString()).orThrow();
            // the same name on both, as CREATEMIRROR has one name for both sides
            server.machine().run("ln", "-s", image.toString(), DEVICE).orThrow();
        }
        a().mainstay(
                        "resource",
                        "create",
                        "volume",
                        "--tag",
                        "data",
                        "--set",
                        "device=" + DEVICE,
                        "--set",
                        "mount=" + MOUNT,
                        "--set",
                        "mirror=" + address(a(), 2),
                        "--set",
                        "mirror-type=async");
    }

    private static String address(Server server, int network) {
        return server.machine().address(network);
    }

    private static Exec.Result em(Server server, String... words) {
        return server.bin("emcmd", words);
    }

    private static void done(Server server, String... words) {
        Exec.Result result = em(server, words);
        assertThat(result.exitCode())
                .as(List.of(words) + "\n" + result.output())
                .isZero();
        assertThat(result.output()).contains("Status = 0");
    }

    private static String asked(Server server, String... words) {
        return em(server, words).orThrow();
    }

    private static void refused(int status, Server server, String... words) {
        Exec.Result result = em(server, words);
        assertThat(result.exitCode())
                .as(List.of(words) + "\n" + result.output())
                .isEqualTo(status);
        assertThat(result.output()).contains("Status = " + status);
    }

    /** Waits for what GETMIRRORVOLINFO says: 1 is in step. */
    private void state(Server source, String target, int state) {
        String line = "data: 1 " + source.name() + " " + target + " " + state;
        Await.until(
                "emcmd says '" + line + "'",
                LONG,
                () -> em(source, ".", "getmirrorvolinfo", "data:")
                        .output()
                        .strip()
                        .equals(line),
                () -> em(source, ".", "getmirrorvolinfo", "data:").output() + a().logs() + b().logs());
    }

    /** Waits for an answer: jobs are carried out within a second or two. */
    private void says(String part, Server server, String... words) {
        Await.until(
                List.of(words) + " says " + part,
                LONG,
                () -> em(server, words).output().contains(part),
                () -> em(server, words).output() + a().logs() + b().logs());
    }

    private static void write(Server server, String name) {
        server.machine()
                .run("sh", "-c", "echo \"$1\" > \"$2/$1\" && sync \"$2/$1\"", "sh", name, MOUNT)
                .orThrow();
    }

    private static List<String> files(Server server) {
        List<String> names = new ArrayList<>(
                server.machine().run("ls", MOUNT).orThrow().lines().toList());
        names.remove("lost+found");
        return names;
    }

    private String job() {
        String first =
                asked(a(), ".", "getjobinfoforvol", "data").lines().findFirst().orElseThrow();
        assertThat(first).matches("ID += [0-9a-f-]{36}");
        return first.replaceAll(".*= ", "");
    }

    // covers EMC-102 EMC-103 EMC-104 EMC-106 EMC-107 EMC-109 EMC-111 EMC-112 EMC-114 EMC-121 EMC-134 EMC-140 EMC-144
    // covers MIR-012 MIR-061
    @Test
    void theLifeOfAMirror() {
        write(a(), "first");
        String target = address(b(), 2);
        assertThat(asked(b(), ".", "setblocktarget", "data")).isEmpty();
        assertThat(asked(a(), "B", "getblocktarget", "data")).isEqualTo("TRUE\n");
        refused(8, a(), ".", "createmirror", "data", target, "S");
        assertThat(asked(b(), ".", "clearblocktarget", "data")).isEmpty();
        // B's word takes a moment to be known at A.
        says("Status = 0", a(), ".", "createmirror", "data", target, "S", "2");
        state(a(), target, 1);
        assertThat(asked(a(), ".", "getmirrortype", "data")).contains("Target system " + target + ", Type 1");
        assertThat(asked(b(), "A", "getsourcemirroredvolumes")).contains("Target System = " + target);
        assertThat(asked(a(), "B", "gettargetmirroredvolumes")).contains("Source = A");
        refused(4, a(), ".", "createmirror", "data", target, "S");

        done(a(), ".", "pausemirror", "data", target);
        state(a(), target, 4);
        assertThat(asked(a(), ".", "isbreakuserrequested", "data")).contains("TRUE");
        write(a(), "paused");
        done(a(), ".", "changemirrortype", "data", target, "A");
        says("Type 2", b(), "A", "getmirrortype", "data");
        done(a(), ".", "changemirrorendpoints", "data", target, address(a(), 1), address(b(), 1));
        assertThat(asked(b(), ".", "getjobinfo", job()))
                .as("the job is the same on the other server")
                .contains(address(a(), 1), address(b(), 1));
        target = address(b(), 1);
        done(a(), ".", "continuemirror", "data");
        state(a(), target, 1);

        done(a(), "B", "switchovervolume", "data");
        state(b(), address(a(), 1), 1);
        assertThat(files(b())).containsExactlyInAnyOrder("first", "paused");
        write(b(), "moved");
        refused(5, a(), ".", "deletemirror", "data");
        done(a(), ".", "deletelocalmirroronly", "data");
        Await.until(
                "A is no target any more",
                LONG,
                () -> !asked(a(), ".", "getmirrorvolinfo", "data").startsWith("data: 2"),
                () -> a().logs());
        write(b(), "alone");
        done(a(), ".", "clearswitchover", "data");
        state(b(), address(a(), 1), 1);
        done(b(), "A", "switchovervolume", "data");
        state(a(), target, 1);
        assertThat(files(a())).containsExactlyInAnyOrder("first", "paused", "moved", "alone");

        done(a(), ".", "deletemirror", "data");
        assertThat(em(b(), ".", "getmirrorvolinfo", "data").exitCode())
                .as("gone on B")
                .isEqualTo(7);
        write(a(), "without");
        assertThat(files(a())).as("the data stays in service").hasSize(5);
        assertThat(a().state("data", "A")).isEqualTo("ISP");
    }

    // covers EMC-105 EMC-113 EMC-125 EMC-142 EMC-145 SNAP-051
    @Test
    void aSnapshotOfTheTargetIsOneMomentWhileTheMirrorGoesOn() {
        String target = address(b(), 2);
        done(a(), ".", "createmirror", "data", target, "S");
        write(a(), "before");
        state(a(), target, 1);
        b().machine().run("mkdir", "-p", "/srv/snapshots").orThrow();
        done(a(), "B", "setsnapshotlocation", "data", "/srv/snapshots");
        assertThat(asked(b(), ".", "getsnapshotlocation", "data")).isEqualTo("/srv/snapshots\n");
        done(a(), "B", "takesnapshot", "data");
        write(a(), "after");
        state(a(), target, 1);
        assertThat(snapshot(b())).contains("before").doesNotContain("after");
        refused(8, a(), "B", "switchovervolume", "data");
        done(b(), ".", "dropsnapshot", "data");
        done(b(), ".", "clearsnapshotlocation", "data");
        refused(1, b(), ".", "takesnapshot", "data");
        done(a(), "B", "switchovervolume", "data");
        assertThat(files(b())).contains("before", "after");
        state(b(), address(a(), 2), 1);
        done(b(), "A", "switchovervolume", "data");
        state(a(), target, 1);
        done(a(), ".", "deletemirror", "data", target);
    }

    /** Returns the names of the files in the snapshot, read by a client that is not ours. */
    private static List<String> snapshot(Server server) {
        JsonObject listed = JsonParser.parseString(server.mainstay("mirror", "snapshot", "list", "data", "--json"))
                .getAsJsonObject();
        String export = listed.getAsJsonArray("snapshots").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .map(one -> text(one, "export"))
                .filter(name -> !name.isEmpty())
                .findFirst()
                .orElseThrow();
        String socket = server.home() + "/data/mirror/nbd.sock";
        String script = """
                set -e
                nbdcopy "nbd+unix:///$1?socket=$2" /srv/copy
                mkdir -p /srv/mounted
                mount -o loop /srv/copy /srv/mounted
                ls /srv/mounted
                umount /srv/mounted
                rm /srv/copy
                """;
        return server.machine()
                .run("sh", "-c", script, "sh", export.replace("@", "%40"), socket)
                .orThrow()
                .lines()
                .toList();
    }
}
