package org.mainstay.shell.internal.command.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mainstay.cluster.lcd.MirrorWay;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

class EmCommandsTest {
    /** Each of the original's commands is done, or refused with a reason. */
    @Test
    void noneOfTheOriginalsCommandsIsUnknown() {
        assertThat(EmCommands.names())
                .hasSize(48)
                .contains("BREAKMIRROR", "CREATEJOB", "GETSERVICEINFO", "TAKESNAPSHOT", "UPDATEVOLUMEINFO");
        assertThat(EmCommands.named("CreatMirror").orElseThrow().name()).isEqualTo("CREATEMIRROR");
        assertThat(EmCommands.named("nosuch")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.1.2",
                "255.255.255.255",
                "fd00::2",
                "::1",
                "fe80::",
                "2001:5c0:110e:3304:a6ba:dbff:feb2:f7fd"
            })
    void addressesAreTaken(String text) throws CommandException {
        assertThat(EmAddress.check(text)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.0.1",
                "10.0.1.256",
                "10.0.1.2:1501",
                "server",
                ":",
                ":::",
                "1::2::3",
                "12345::1",
                "1:2:3",
                "01.2.3.4"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> EmAddress.check(text)).isInstanceOf(CommandException.class);
    }

    @Test
    void hostAndPortOfAnAddressAreToldApart() {
        assertThat(MirrorWay.host("[fd00::2]:1501")).isEqualTo("fd00::2");
        assertThat(MirrorWay.host("fd00::2")).isEqualTo("fd00::2");
        assertThat(MirrorWay.host("10.0.0.1:1501")).isEqualTo("10.0.0.1");
        assertThat(EmAddress.port("[fd00::2]:1501")).contains("1501");
        assertThat(EmAddress.port("10.0.0.1:1501")).contains("1501");
        assertThat(EmAddress.port("fd00::2")).isEmpty();
        assertThat(EmAddress.port("10.0.0.1")).isEmpty();
    }

    // covers EMC-124
    @Test
    void theServiceTellsVersionsVolumesAndTimes() throws Exception {
        Captured captured = Captured.administrator();
        FakePlatform platform = new FakePlatform(Fixtures.named("mirrored volume"));
        int code = Programs.registry()
                .run(new CommandCall("emcmd", List.of(".", "getserviceinfo")), captured.context(), platform);
        assertThat(code).isZero();
        List<String[]> lines =
                captured.out().lines().map(line -> line.split(" = ", 2)).toList();
        assertThat(lines)
                .extracting(line -> line[0])
                .containsExactly(
                        "Service Description",
                        "Service Build Type",
                        "Service Version",
                        "Service Build",
                        "Driver Version",
                        "Driver Build",
                        "Volume Bit Map",
                        "Service Start Time",
                        "Last Modified Time");
        assertThat(lines.get(2)[1]).matches("[0-9]+\\.[0-9]+.*").isEqualTo(lines.get(4)[1]);
        assertThat(lines.get(6)[1]).isEqualTo("data");
        assertThat(lines.get(7)[1]).matches(".* [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}");
    }
}
