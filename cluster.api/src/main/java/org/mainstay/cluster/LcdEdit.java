package org.mainstay.cluster;

import java.util.List;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Switchback;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A change of one server's own database by a command of the LCDI (spec/02 B3 to B7, FLG-041, FLG-043). It is checked and made in one step
 * against what the database holds at that moment, and answered with the exit codes of CMD-010: 4 exists, 5 invalid, 7 not there,
 * 8 in use.
 */
@ProviderType
public sealed interface LcdEdit {

    /** CMD-100. */
    record AddApplication(String application) implements LcdEdit {}

    /** CMD-280. The application must exist. */
    record AddType(String application, String type) implements LcdEdit {}

    /** CMD-300. */
    record AddSystem(String system) implements LcdEdit {}

    /** CMD-304. Refused (8) while the server is a member, or has a comm path or an equivalency. */
    record RemoveSystem(String system) implements LcdEdit {}

    /** FLG-041. */
    record AddFlag(String flag) implements LcdEdit {}

    /** FLG-043. */
    record RemoveFlag(String flag) implements LcdEdit {}

    /** CMD-150 to CMD-159: a new instance, out of service. */
    record AddInstance(String application, String type, String tag, String id, String info, InstanceSettings settings)
            implements LcdEdit {}

    /** CMD-195. */
    record SetInfo(String tag, String info) implements LcdEdit {}

    /** CMD-200. */
    record SetInit(String tag, InitOption option) implements LcdEdit {}

    /**
     * CMD-190.
     *
     * @param seconds 0 to {@link InstanceSettings#MAX_CHECK_SECONDS}; 0 switches the check off
     */
    record SetCheckInterval(String tag, boolean deep, int seconds) implements LcdEdit {}

    /** CMD-210. */
    record SetLocalRecovery(String tag, boolean on) implements LcdEdit {}

    /** CMD-185: of a root and all below it; refused (5) for what is no root. */
    record SetSwitchback(String tag, Switchback switchback) implements LcdEdit {}

    /**
     * CMD-215: the operator's word; nothing is started or stopped.
     *
     * @param reason empty: who set it
     * @param upward also everything that depends on it ({@code -A})
     */
    record SetState(String tag, InstanceState state, String reason, boolean upward) implements LcdEdit {}

    /** CMD-230. */
    record AddDependency(String parent, String child) implements LcdEdit {}

    /**
     * CMD-245.
     *
     * @param parent empty: any
     * @param child empty: any
     */
    record RemoveDependencies(String parent, String child) implements LcdEdit {}

    /** Several edits, all or none. */
    record All(List<LcdEdit> edits) implements LcdEdit {
        public All {
            edits = List.copyOf(edits);
        }
    }
}
