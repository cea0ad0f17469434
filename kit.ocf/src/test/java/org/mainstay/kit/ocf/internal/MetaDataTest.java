package org.mainstay.kit.ocf.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.ResourceInfo;

class MetaDataTest {
    private static final String XML = """
            <?xml version="1.0"?>
            <!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
            <resource-agent name="X" version="1.0">
              <shortdesc lang="en">An agent</shortdesc>
              <parameters>
                <parameter name="admin_password" required="1"><longdesc>Two
                  lines</longdesc><shortdesc>Password</shortdesc><content type="string" default=""/></parameter>
                <parameter name="mode"><shortdesc>Mode</shortdesc><content type="select" default="a">
                  <option value="a"/><option value="b"/></content></parameter>
              </parameters>
              <actions>
                <action name="start" timeout="2m"/><action name="stop" timeout="500ms"/>
                <action name="monitor" timeout="20s" depth="0"/><action name="monitor" timeout="40" depth="20"/>
              </actions>
            </resource-agent>
            """;

    @Test
    void parametersTimesAndDepths() {
        MetaData data = MetaData.parse(XML);
        assertThat(data.title()).isEqualTo("An agent");
        assertThat(data.limits())
                .containsEntry("start", Duration.ofMinutes(2))
                .containsEntry("stop", Duration.ofMillis(500))
                .containsEntry("monitor", Duration.ofSeconds(40));
        assertThat(data.depths()).containsExactly(0, 20);
        assertThat(data.offers("validate-all")).isFalse();
        assertThat(data.parameters().get(0).required()).isTrue();
        assertThat(data.parameters().get(0).help()).isEqualTo("Two lines");
        assertThat(data.parameters().get(1).choices()).containsExactly("a", "b");
    }

    @Test
    void theDepthsTheAgentOffersAreInTheHelpOfTheirField() {
        assertThat(OcfKit.deepLevel(MetaData.parse(XML)).help()).contains("The agent offers 0, 20.", "parameters");
        String light = XML.replace("<action name=\"monitor\" timeout=\"40\" depth=\"20\"/>", "");
        assertThat(OcfKit.deepLevel(MetaData.parse(light)).help()).contains("The agent offers 0 only.");
    }

    @Test
    void nothingOutsideTheTextIsRead() {
        String evil = XML.replace(
                        "<!DOCTYPE resource-agent SYSTEM \"ra-api-1.dtd\">",
                        "<!DOCTYPE resource-agent [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>")
                .replace("An agent", "An &x;");
        assertThat(MetaData.parse(evil).title()).doesNotContain("root");
        assertThatThrownBy(() -> MetaData.parse("Usage: x")).hasMessageContaining("meta-data");
        assertThatThrownBy(() -> MetaData.parse("<other/>")).hasMessageContaining("no resource agent");
    }

    @Test
    void exitCodesAreExplainedWithTheAgentsReason() {
        CommandResult result = new CommandResult(5, "", "INFO: x\nocf-exit-reason:nginx is missing\nother\n");
        assertThat(Code.explain(result)).contains("not installed", "(5)", "nginx is missing");
        assertThat(Code.explain(new CommandResult(42, "", ""))).isEqualTo("exit code 42");
        assertThat(Code.explain(new CommandResult(-2, "", "late"))).contains("timeLimit");
        assertThat(Code.is(new CommandResult(7, "", ""), Code.NOT_RUNNING)).isTrue();
    }

    @Test
    void fieldNamesNeverHideTheKitsOwn() {
        assertThat(OcfKit.fieldName("client_binary")).isEqualTo("client-binary");
        assertThat(OcfKit.fieldName("agent")).isEqualTo("ocf.agent");
        assertThat(OcfKit.fieldName("_x")).isEqualTo("ocf.-x");
    }

    /** The kernel lists the device that was found, so the words of a search would match no mount. */
    @Test
    void theHandleOfAFilesystemSearchedForIsWhateverIsMountedThere() {
        for (String device :
                List.of("-U 1234-5678", "-Lfiles", "UUID=1234", "LABEL=files", "PARTUUID=1", "PARTLABEL=x")) {
            assertThat(OcfKit.killHandles(filesystem(device)))
                    .as(device)
                    .containsExactly(KillHandle.mount("/srv/files", ""));
        }
        for (String device : List.of("/dev/sdb1", "nas:/export", "//nas/files")) {
            assertThat(OcfKit.killHandles(filesystem(device)))
                    .as(device)
                    .containsExactly(KillHandle.mount("/srv/files", device));
        }
    }

    private static ResourceInfo filesystem(String device) {
        Map<String, String> properties =
                Map.of("agent", "ocf:heartbeat:Filesystem", "device", device, "directory", "/srv/files");
        return new ResourceInfo("A", "files", "files", "gen", "ocf", properties, true);
    }

    @Test
    void onlyAClearAnswerAfterAStopCountsAsStopped() {
        for (int code : new int[] {7, 5}) {
            assertThat(OcfKit.stopped(new CommandResult(code, "", "")))
                    .as("" + code)
                    .isTrue();
        }
        for (int code : new int[] {0, 1, 2, 3, 4, 6, 8, 9, 42, 127, 137, 190, 191, -1, -2}) {
            assertThat(OcfKit.stopped(new CommandResult(code, "", "")))
                    .as("" + code)
                    .isFalse();
        }
    }

    @Test
    void passwordsAreSecrets() {
        for (String name :
                List.of("test_pass", "password", "admin_passwd", "PASS", "auth_token", "secret_key", "passphrase")) {
            assertThat(OcfKit.isSecret(name)).as(name).isTrue();
        }
        for (String name : List.of("password_file", "compass_mode", "passive", "user")) {
            assertThat(OcfKit.isSecret(name)).as(name).isFalse();
        }
    }
}
