package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Machine;

/** The disk of the configuration database is full: changes are refused with the reason, what runs is left alone. */
class FullDiskIT extends FaultCase {
    private static final String FILLER = Machine.HOME_PARENT + "/filler";

    private void fill() {
        // fallocate takes the large part at once, the small files take what is left of it, down to the last block
        a().machine()
                .run(
                        "sh",
                        "-c",
                        "mkdir -p \"$1\"; free=$(df --output=avail -k \"$1\" | tail -n 1);"
                                + " fallocate -l $((free - 4096))K \"$1/large\";"
                                + " for size in 1M 64k 4k 1k; do n=0; while dd if=/dev/zero of=\"$1/$size-$n\" bs=$size count=1"
                                + " 2>/dev/null; do n=$((n+1)); done; done; sync -f \"$1\"",
                        "sh",
                        FILLER)
                .orThrow();
    }

    @Test
    void changesAreRefusedAndNothingElseHappens() {
        App app = App.write(lab(), "full");
        app.protect(a(), List.of(b()));
        expect("full", a(), b());
        Set<Long> processes = app.processes(a());

        fill();
        Exec.Result refused = null;
        for (int i = 10; i < 3000 && (refused == null || refused.exitCode() == 0); i++) {
            // what is left in blocks that the journal has already takes a while to be used up
            fill();
            refused = a().bin("mainstay", "resource", "set", "full", "quickCheck=" + i);
        }

        // 1 names the disk; where it became full between two steps of the change, the change is in doubt (8) or not
        // answered (9)
        assertThat(refused.exitCode()).as(refused.output()).isIn(1, 8, 9);
        if (refused.exitCode() == 1) {
            assertThat(refused.output()).containsIgnoringCase("space");
        }
        Exec.Result out = a().bin("mainstay", "resource", "out-of-service", "full");
        assertThat(out.exitCode()).as(out.output()).isNotZero();
        assertThat(out.output()).containsIgnoringCase("space");
        assertThat(app.processes(a())).isEqualTo(processes);
        assertThat(app.count(a(), "remove", "begin")).isZero();
        meet();
        b().await("full", "A", "ISP", LIMIT);
        assertThat(app.count(b(), "restore", "begin")).isZero();

        a().machine().run("rm", "-rf", FILLER).orThrow();
        Await.until(
                "changes are taken again",
                LIMIT.multipliedBy(2),
                () -> a().bin("mainstay", "resource", "set", "full", "quickCheck=7")
                                .exitCode()
                        == 0,
                () -> a().bin("mainstay", "status").output());
        b().mainstay("resource", "in-service", "full");
        expect("full", b(), a());
        retire(app);
    }
}
