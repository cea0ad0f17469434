package org.mainstay.itest.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/** A lost address comes back where it was, else on the backup interface, else on the other server. */
class AddressRecoveryIT extends ContractCase {
    private static final String ADDRESS = "10.77.1.100";

    @Override
    int networks() {
        return 3;
    }

    /** The servers talk on the third network, so that the clients' may fail. */
    @Override
    void prepare(Lab opened) {
        Cluster.form(opened, distribution(), List.of("A", "B"));
        ok(a(), "mainstay commpath create --to B --local 10.77.3.1 --remote 10.77.3.2");
    }

    private static boolean carries(Server server, String device) {
        return server.machine()
                .inNetwork("ip", "-4", "address", "show", "dev", device)
                .orThrow()
                .contains(ADDRESS + "/");
    }

    private void awaitOn(Server server, String device) {
        Await.until(
                ADDRESS + " is on " + device + " of " + server.name(),
                LIMIT,
                () -> carries(server, device),
                () -> server.bin("mainstay", "status").output());
    }

    private static void link(Server server, String device, String state) {
        server.machine().inNetwork("ip", "link", "set", device, state).orThrow();
    }

    // covers SCN-019 ADM-213 ADM-214 ADM-264
    @Test
    void scenario19AnAddressComesBack() {
        ok(
                a(),
                "mainstay resource create ip --tag vip --set address=" + ADDRESS
                        + "/24 --set interface=eth0 --set backupInterface=eth1");
        ok(a(), "mainstay resource extend vip --to B");
        ok(a(), "ins_setchkint -t vip -c q -v 1");
        ok(b(), "ins_setchkint -t vip -c q -v 1");
        awaitOn(a(), "eth0");

        a().machine()
                .inNetwork("ip", "address", "del", ADDRESS + "/24", "dev", "eth0")
                .orThrow();
        awaitOn(a(), "eth0");
        a().await("vip", "A", "ISP", LIMIT);

        link(a(), "eth0", "down");
        awaitOn(a(), "eth1");
        assertThat(carries(a(), "eth0")).as("it is on one interface only").isFalse();
        a().await("vip", "A", "ISP", LIMIT);
        assertThat(b().state("vip", "B")).isEqualTo("OSU");

        link(a(), "eth1", "down");
        awaitOn(b(), "eth0");
        a().await("vip", "B", "ISP", LIMIT);
        Await.until("it is gone from A", LIMIT, () -> !carries(a(), "eth0") && !carries(a(), "eth1"));
        assertThat(a().state("vip", "A")).isIn("OSU", "OSF");
    }
}
