package org.mainstay.quorum.internal.fence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FencingFileTest {
    @TempDir
    private Path folder;

    private List<Device> read(String text) throws Exception {
        return FencingFile.read(Files.writeString(folder.resolve("fencing"), text));
    }

    @Test
    void devicesComeByServerAndLevel() throws Exception {
        List<Device> devices = read("# remark\n[two]\nserver=B\nlevel=2\nagent=manual\n\n[one]\nserver=B\n"
                + "agent=fence_ipmilan\noption.ip=10.0.9.2\nsecret.password=secrets/b\naction=cycle\ntimeout=90\n");
        assertThat(devices).extracting(Device::name).containsExactly("one", "two");
        Device one = devices.get(0);
        assertThat(one.cycle()).isTrue();
        assertThat(one.timeoutMillis()).isEqualTo(90_000);
        assertThat(one.options()).containsEntry("ip", "10.0.9.2");
        assertThat(one.secrets()).containsEntry("password", folder.resolve("secrets/b"));
        assertThat(FencingFile.read(folder.resolve("none"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server=B | line 1: a setting before the first [NAME]",
                "[a]#agent=manual | [a] needs server",
                "[a]#server=B | [a] needs agent",
                "[a b] | must be a new name",
                "[a]#server=B#agent=manual#[a] | must be a new name",
                "[a]#server=B#agent=manual#level=0 | 1 to 9 is allowed",
                "[a]#server=B#agent=manual#timeout=soon | 1 to 3600",
                "[a]#server=B#agent=manual#retries=21 | 0 to 20",
                "[a]#server=B#agent=fence_x#ip=1 | option.ip=",
                "[a]#server=B#agent=fence_x#option.passwd=x | secret.passwd=FILE",
                "[a]#server=B#agent=fence_x#action=reboot | off or cycle",
                "[a]#server=B#agent=watchdog#option.x=1 | has no parameters",
                "[a]#server=B#server=C#agent=manual | there twice",
                "[a]#what | neither [NAME] nor KEY=VALUE",
            })
    void whatIsWrongIsNamedWithItsLine(String text, String message) {
        assertThatThrownBy(() -> read(text.strip().replace("#", "\n")))
                .isInstanceOf(FencingProblem.class)
                .hasMessageContaining(message.strip())
                .hasMessageContaining("etc/fencing line");
    }
}
