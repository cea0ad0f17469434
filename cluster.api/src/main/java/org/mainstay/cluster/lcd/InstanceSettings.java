package org.mainstay.cluster.lcd;

/**
 * What an administrator may set on an instance.
 *
 * @param init what happens at start
 * @param quickCheckSeconds wait between quick checks, 0 to 604800, 0 = off (CMD-156)
 * @param deepCheckSeconds wait between deep checks, 0 to 604800, 0 = off (CMD-157)
 * @param localRecovery whether a failed check is repaired in place first
 * @param switchback whether it returns to a better-priority server
 */
public record InstanceSettings(
        InitOption init, int quickCheckSeconds, int deepCheckSeconds, boolean localRecovery, Switchback switchback) {

    /** The defaults of CMD-150: automatic, 180 s, 300 s, no local recovery, intelligent. */
    public static final InstanceSettings DEFAULT =
            new InstanceSettings(InitOption.AUTORES_ISP, 180, 300, false, Switchback.INTELLIGENT);

    public static final int MAX_CHECK_SECONDS = 604_800;

    public InstanceSettings {
        if (quickCheckSeconds < 0
                || quickCheckSeconds > MAX_CHECK_SECONDS
                || deepCheckSeconds < 0
                || deepCheckSeconds > MAX_CHECK_SECONDS) {
            throw new IllegalArgumentException("check intervals must be 0 to " + MAX_CHECK_SECONDS + " seconds");
        }
    }

    public InstanceSettings withInit(InitOption value) {
        return new InstanceSettings(value, quickCheckSeconds, deepCheckSeconds, localRecovery, switchback);
    }

    public InstanceSettings withQuickCheckSeconds(int value) {
        return new InstanceSettings(init, value, deepCheckSeconds, localRecovery, switchback);
    }

    public InstanceSettings withDeepCheckSeconds(int value) {
        return new InstanceSettings(init, quickCheckSeconds, value, localRecovery, switchback);
    }

    public InstanceSettings withLocalRecovery(boolean value) {
        return new InstanceSettings(init, quickCheckSeconds, deepCheckSeconds, value, switchback);
    }

    public InstanceSettings withSwitchback(Switchback value) {
        return new InstanceSettings(init, quickCheckSeconds, deepCheckSeconds, localRecovery, value);
    }
}
