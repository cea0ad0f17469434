package org.mainstay.kit.ip.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.ResourceInfo;

/** What create, extend and validate accept and how they say no (ADM-190 to ADM-200, ADM-260 to ADM-264). */
class IpKitCreateTest {
    private final FakeMachine machine = new FakeMachine();
    private final IpKit kit = new IpKit(Path.of("/nowhere"), new Links(Path.of("/nowhere")));

    @BeforeEach
    void start() {
        machine.card("eth0", true, true, "10.1.0.1/24", "fd00:1::1/64", "fe80::1/64");
        machine.card("eth1", true, true, "10.2.0.1/16");
    }

    private Creation create(String... properties) {
        return kit.create(machine.context(properties));
    }

    private String refusal(String... properties) {
        Creation creation = create(properties);
        assertThat(machine.log).noneMatch(line -> line.startsWith("add") || line.startsWith("remove"));
        return creation.refusal().orElse("");
    }

    @Test
    void theInterfaceAndTheMaskAreFoundBySubnet() {
        Creation creation = create("address=10.2.7.9");
        assertThat(creation.refusal()).isEmpty();
        assertThat(creation.id()).isEqualTo("10.2.7.9");
        assertThat(creation.suggestedTag()).contains("10.2.7.9");
        assertThat(creation.properties())
                .containsEntry("address", "10.2.7.9")
                .containsEntry("netmask", "16")
                .containsEntry("interface.found", "eth1")
                .containsEntry("restoreMode", "Enabled")
                .containsEntry("announceTimes", "5")
                .doesNotContainKey("interface");
        assertThat(machine.log).containsExactly("probe eth1 1000");
    }

    @ParameterizedTest
    @CsvSource({
        "address=10.1.0.9/25,25",
        "address=10.1.0.9/255.255.255.0,24",
        "address=fd00:1:0::9/64,64",
        "address=fd00:1::9,64"
    })
    void theMaskMayComeWithTheAddress(String property, String prefix) {
        assertThat(create(property).properties())
                .containsEntry("netmask", prefix)
                .containsEntry("interface.found", "eth0");
    }

    @Test
    void theNarrowestNetworkAndALiveLinkComeFirst() {
        machine.card("eth2", true, true, "10.1.0.2/25");
        assertThat(create("address=10.1.0.9").properties()).containsEntry("interface.found", "eth2");
        machine.unplug("eth2");
        assertThat(create("address=10.1.0.9").properties()).containsEntry("interface.found", "eth0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "netmask=24|address is missing",
                "address=10.1.0.|not an IP address",
                "address=vip.example|not an IP address",
                "address=10.1.0.9/33|prefix length",
                "address=10.1.0.9/0|prefix length",
                "address=10.1.0.9/255.0.255.0|prefix length",
                "address=fd00:1::9/129|prefix length",
                "address=10.1.0.9/|prefix length",
                "address=10.1.0.0|name of the network",
                "address=10.1.0.255|broadcast",
                "address=10.2.255.255|broadcast",
                "address=255.255.255.255|broadcast",
                "address=127.0.0.5/8|loopback",
                "address=::1|loopback",
                "address=224.0.0.5/24|multicast",
                "address=ff02::5|multicast",
                "address=0.0.0.0|no address at all",
                "address=fe80::99/64|link-local",
                "address=10.1.0.1|already configured on eth0"
            })
    void unusableAddressesAreRefused(String property, String reason) {
        assertThat(refusal(property)).contains(reason);
    }

    @Test
    void anAddressOnNoSubnetIsToldTheSubnetsThatExist() {
        assertThat(refusal("address=172.16.0.9/24"))
                .contains("172.16.0.9", "10.1.0.0/24 on eth0", "10.2.0.0/16 on eth1", "fd00:1::/64 on eth0")
                .doesNotContain("fe80");
    }

    @Test
    void anAddressInUseNamesTheHardwareAddress() {
        machine.others.put(FakeMachine.inet("10.1.0.9"), "02:00:00:00:00:07");
        assertThat(refusal("address=10.1.0.9")).contains("10.1.0.9", "eth0", "02:00:00:00:00:07");
    }

    @Test
    void anAddressThatCannotBeAskedForIsRefused() {
        machine.unplug("eth0");
        assertThat(refusal("address=10.1.0.9")).contains("eth0 is without a link");
        machine.card("eth0", false, false, "10.1.0.1/24");
        assertThat(refusal("address=10.1.0.9")).contains("eth0 is down");
    }

    @Test
    void twoResourcesCannotProtectOneAddress() {
        machine.resources.add(
                new ResourceInfo("A", "other", "x", "comm", "ip", Map.of("address", "fd00:1:0:0::9"), true));
        assertThat(refusal("address=fd00:1::9")).contains("already protected by resource other");
    }

    // covers ADM-200 ADM-263
    @Test
    void otherPropertiesAreCheckedToo() {
        assertThat(refusal("address=10.1.0.9/24", "netmask=25")).contains("disagree");
        assertThat(refusal("address=10.1.0.9", "restoreMode=maybe")).contains("Enabled or Disabled");
        assertThat(refusal("address=10.1.0.9", "announceTimes=0")).contains("1 to 60");
        assertThat(refusal("address=10.1.0.9", "interface=eth9")).contains("eth9", "eth0, eth1");
        assertThat(refusal("address=10.1.0.9", "interface=eth1")).contains("eth1", "10.2.0.0/16");
        assertThat(refusal("address=10.1.0.9", "backupInterface=eth9")).contains("backupInterface 'eth9'");
    }

    @Test
    void aHostPrefixMayLiveOnAnyNamedInterface() {
        assertThat(create("address=10.77.0.9/32", "interface=eth1").properties())
                .as("CLOUD-052")
                .containsEntry("netmask", "32")
                .containsEntry("interface.found", "eth1");
    }

    // covers ADM-193 ADM-260 ADM-261
    @Test
    void anExtendFindsTheInterfaceOfItsOwnServerAndDoesNotAskTheLink() {
        Map<String, String> template =
                new LinkedHashMap<>(create("address=10.2.7.9").properties());
        FakeMachine other = new FakeMachine();
        other.card("net7", true, true, "10.2.0.2/16");
        other.others.put(FakeMachine.inet("10.2.7.9"), "02:00:00:00:00:01");
        Creation extended = kit.extend(other.context(template));
        assertThat(extended.refusal()).isEmpty();
        assertThat(extended.properties()).containsEntry("interface.found", "net7");
        assertThat(other.log).isEmpty();
    }

    // covers ADM-264
    @Test
    void anExtendToAnotherSubnetIsRefusedUnlessItsModeIsDisabled() {
        Map<String, String> template =
                new LinkedHashMap<>(create("address=10.2.7.9").properties());
        FakeMachine wan = new FakeMachine();
        wan.card("eth0", true, true, "192.168.5.1/24");
        assertThat(kit.extend(wan.context(template)).refusal())
                .hasValueSatisfying(text -> assertThat(text).contains("192.168.5.0/24 on eth0"));
        template.put("restoreMode", "Disabled");
        assertThat(kit.extend(wan.context(template)).refusal()).isEmpty();
    }

    @Test
    void theWizardSaysWhichInterfaceItWouldTake() {
        List<Field> fields = kit.form(machine.form(Map.of("address", "10.2.7.9")));
        assertThat(fields)
                .extracting(Field::name)
                .containsExactlyElementsOf(
                        kit.descriptor().fields().stream().map(Field::name).toList());
        assertThat(fields.get(2).help()).contains("eth1");
        assertThat(kit.form(machine.form(Map.of())).get(2).help()).doesNotContain("eth1");
    }

    @Test
    void validateFindsWhatChangedSinceCreate() {
        Map<String, String> properties =
                new LinkedHashMap<>(create("address=10.2.7.9").properties());
        assertThat(kit.validate(machine.context(properties)).succeeded()).isTrue();
        machine.remove("eth1");
        Outcome gone = kit.validate(machine.context(properties));
        assertThat(gone.succeeded()).isFalse();
        assertThat(gone.message()).contains("eth1");
    }
}
