package org.mainstay.mirror.internal.volume;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Host;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.StorageReservation;

/**
 * SCSI-3 persistent reservation of type 5, write exclusive for registrants, through {@code sg_persist}: the device itself refuses
 * writes of every server whose key is not registered. The device knows nothing of who is alive: a claim takes a key away only in
 * a takeover, when the cluster has decided that its owner is down, and only a key of this volume's own servers; anything else
 * only by force. What the tool could not tell is never taken for "nobody".
 */
final class ScsiExclusion implements Exclusion {
    private final Host host;
    private final Path device;
    private final Optional<ScsiKeys> keys;
    private final String server;
    private final boolean takeover;
    private final SgPersist tool;

    ScsiExclusion(ActionContext context, Path device) {
        this.host = context.host();
        this.device = device;
        this.keys = ScsiKeys.of(context.resource());
        this.server = context.resource().server();
        this.takeover = context.takeover();
        this.tool = new SgPersist(host, device);
    }

    /** Returns whether the device can be reserved. @throws SgPersist.FailedException if nobody can tell */
    static boolean supported(Host host, Path device) throws SgPersist.FailedException {
        return new SgPersist(host, device).supported();
    }

    @FunctionalInterface
    private interface Work {
        Outcome with(String key, ScsiKeys keys) throws SgPersist.FailedException;
    }

    private Outcome run(Work work) {
        if (keys.isEmpty()) {
            return Outcome.failed("the resource has no property " + ScsiKeys.PROPERTY
                    + ", of which this server's key is made: delete it and create it again");
        }
        try {
            return work.with(keys.get().key(server), keys.get());
        } catch (SgPersist.FailedException e) {
            return Outcome.failed(e.getMessage(), e.detail());
        }
    }

    @Override
    public Outcome initialise() {
        try {
            return tool.supported()
                    ? Outcome.success(device + " supports persistent reservations")
                    : Outcome.failed(
                            "reservation: " + device + " does not support SCSI persistent reservations of type 5,"
                                    + " or the tool sg_persist (package sg3-utils) is not installed; name a reservation area"
                                    + " instead");
        } catch (SgPersist.FailedException e) {
            return Outcome.failed("reservation: " + e.getMessage(), e.detail());
        }
    }

    @Override
    public Outcome observe() {
        return initialise();
    }

    @Override
    public Outcome claim(boolean force) {
        return run((key, ours) -> {
            Optional<String> holder = tool.holder();
            boolean foreign = holder.isPresent() && !holder.get().equals(key);
            if (foreign && !force) {
                Optional<Outcome> refusal = refusal(holder.get(), ours);
                if (refusal.isPresent()) {
                    return refusal.get();
                }
            }
            List<String> strangers =
                    tool.keys().stream().filter(other -> !ours.ours(other)).toList();
            if (!force && !strangers.isEmpty()) {
                return Outcome.failed("on the device " + device + " keys are registered that are not of this volume's"
                        + " servers " + strangers + ": another cluster or program may use it. Make sure that none does,"
                        + " then force");
            }
            tool.register(key);
            try {
                if (foreign) {
                    tool.preemptAndAbort(key, holder.get());
                } else if (holder.isEmpty()) {
                    tool.reserve(key);
                }
                return removeOthers(key);
            } catch (SgPersist.FailedException e) {
                throw undone(key, e);
            }
        });
    }

    private Optional<Outcome> refusal(String holder, ScsiKeys ours) {
        if (!ours.ours(holder)) {
            return Optional.of(Outcome.failed("the device " + device + " is reserved with a key that is not of this"
                    + " volume's servers (0x" + holder + "): another cluster or program uses it. Make sure that it does"
                    + " not, then force"));
        }
        return takeover
                ? Optional.empty()
                : Optional.of(Outcome.failed("the device " + device + " is reserved by another server (key 0x" + holder
                        + "); take the resource out of service there first"));
    }

    /** A claim that failed half way must not leave this server able to write. */
    private SgPersist.FailedException undone(String key, SgPersist.FailedException cause) {
        try {
            if (tool.holder().filter(key::equals).isEmpty()) {
                tool.unregister(key);
            }
            return cause;
        } catch (SgPersist.FailedException e) {
            return cause.and("and its registration could not be taken off: " + e.getMessage());
        }
    }

    /** With this type every registered server may write: nobody but the holder stays registered. */
    private Outcome removeOthers(String key) throws SgPersist.FailedException {
        for (String other : tool.keys()) {
            if (!other.equals(key)) {
                tool.preempt(key, other);
            }
        }
        return held(key);
    }

    @Override
    public Outcome release() {
        return run((key, ours) -> {
            if (!tool.keys().contains(key)) {
                return Outcome.success("no reservation of this server on " + device);
            }
            if (tool.holder().filter(key::equals).isPresent()) {
                tool.release(key);
            }
            tool.unregister(key);
            return Outcome.success("reservation of " + device + " released");
        });
    }

    @Override
    public Outcome check() {
        return run((key, ours) -> held(key));
    }

    private Outcome held(String key) throws SgPersist.FailedException {
        Optional<String> holder = tool.holder();
        if (holder.filter(key::equals).isPresent()) {
            return Outcome.success(device + " is reserved by this server");
        }
        return holder.map(other -> Outcome.failed(device + " is reserved by another server (key 0x" + other + ")")
                        .withCode(StorageReservation.HELD_ELSEWHERE))
                .orElse(Outcome.failed(device + " is reserved by nobody").withCode(StorageReservation.HELD_BY_NOBODY));
    }
}
