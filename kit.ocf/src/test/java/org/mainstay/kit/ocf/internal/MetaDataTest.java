package org.mainstay.kit.ocf.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.mainstay.kit.CommandResult;

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
}
