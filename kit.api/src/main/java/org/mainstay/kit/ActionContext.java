package org.mainstay.kit;

import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** What an action is given: the resource, its children, the machine, and the time it has. Valid during the action only. */
@ProviderType
public interface ActionContext {

    /** Returns the instance this action is about. */
    ResourceInfo resource();

    /** Returns the direct children on this server. */
    List<ResourceInfo> children();

    /** Returns the machine; commands and files of this action go through it, so that the time limit reaches them. */
    Host host();

    /** Returns how much time is left, measured on a monotonic clock; never negative. */
    Duration remaining();

    /** Returns whether the action was cancelled or its time is up; long loops ask this and return early. */
    boolean cancelled();

    /**
     * Waits for the given time or until the action is cancelled, whichever is first. For polling loops.
     *
     * @return false if the action is cancelled or its time is up: return at once
     */
    boolean pause(Duration time);

    /** Tells the operator who waits what is going on; shown as progress and written to the log with tag and action. */
    void progress(String message);

    /** Returns why this action runs, such as {@code operator}, {@code takeover of A}, {@code start}. */
    String reason();

    /**
     * Returns true when another server was responsible a moment ago and is presumed dead, so that what the action does must
     * be as quick as safety allows (for example one short duplicate-address probe).
     */
    boolean takeover();

    /**
     * Returns true when another server took the resource out of service a moment ago, in order and confirmed (planned
     * switchover), so that what would guard against a second user of it need not be repeated here.
     */
    default boolean handedOver() {
        return false;
    }

    /**
     * Returns the value of a tunable of {@code etc/default/LifeKeeper}, read at each action, so that an edit counts at once.
     *
     * @param name such as {@code LKPGSQL_START_RETRIES}
     * @return the value, or {@code fallback} where the file does not set it
     */
    String tunable(String name, String fallback);
}
