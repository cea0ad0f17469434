package org.mainstay.quorum.internal.node;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.Instance;

/** What keeps a server that does not hold its right to run from leaving the rule of a lease (decision 0341). */
final class Bound {
    private Bound() {}

    /** Returns why the rule must not be left, and when it may be; empty if nothing is or may be in service here. */
    static String of(ClusterSnapshot snapshot) {
        String here = tags(snapshot, instance -> instance.state().inService());
        // Of these nobody knows whether they run, and the end of the lease does not tell: only a person or a stop that
        // works does.
        String unreleased = tags(
                snapshot,
                instance ->
                        !instance.state().inService() && !instance.ownership().released());
        List<String> reasons = new ArrayList<>();
        List<String> ends = new ArrayList<>();
        if (!here.isEmpty()) {
            reasons.add("this server has no right to run " + here + " now, and the others count on it to stop them");
            ends.add("what is in service is out of service here");
        }
        if (!unreleased.isEmpty()) {
            reasons.add("nobody knows whether " + unreleased + " still runs here, as a stop of it failed");
            ends.add(
                    "what is not released was taken out of service, or confirmed as stopped after a look (mainstay resource"
                            + " confirm-stopped TAG --on " + snapshot.self() + ")");
        }
        return reasons.isEmpty()
                ? ""
                : String.join("; ", reasons) + "; it takes effect when " + String.join(" and ", ends)
                        + ", or the right to run is held again";
    }

    private static String tags(ClusterSnapshot snapshot, Predicate<Instance> which) {
        return String.join(
                ", ",
                snapshot.own().instances().values().stream()
                        .filter(which)
                        .map(Instance::tag)
                        .toList());
    }
}
