package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.RootNeeded;
import org.mainstay.itest.lab.Server;

/** The power is cut while only a part of what the first start of Karaf unpacked has reached the disk. */
class FirstStartIT {
    @BeforeEach
    void rootOnly() {
        RootNeeded.assume();
    }

    @ParameterizedTest(name = "all but {0} have reached the disk")
    @ValueSource(strings = {"cache/bundle3[0-9]/", "cache/bundle[0-9]/", "cache/.*/data/", "cache/"})
    void mainstayStartsAgain(String missing) {
        try (Lab lab = Lab.open(1)) {
            Server a = lab.addServer("A", FaultCase.distribution());
            a.mainstay("node", "init", "--name", "A", "--address", a.machine().address(1));
            a.start();
            // a synchronous write forces the names of all new files to the disk, but not what is in them
            a.bin("flg_create", "-f", "written").orThrow();
            a.machine()
                    .run(
                            "sh",
                            "-c",
                            // a file may be gone again, as the temporary ones are
                            "cd \"$1\" && find data -type f | grep -v \"$2\" | while read -r file; do"
                                    + " sync \"$file\" || test ! -e \"$file\" || exit 1; done",
                            "sh",
                            a.home(),
                            missing)
                    .orThrow();

            a.machine().powerCut();
            a.machine().powerOn();
            a.start();

            assertThat(a.bin("flg_test", "-f", "written").exitCode())
                    .as("what was acknowledged is there")
                    .isZero();
            assertThat(a.mainstay("kit", "list"))
                    .contains("postgres")
                    .contains("ip")
                    .contains("app");
        }
    }
}
