package org.mainstay.mirror.internal.volume;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.HostStorage;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.StorageReservation;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * A shared volume: claimed on the storage, mounted on one server (ADM-180 to ADM-189). Never checks or repairs a file system
 * (OPS-095). Standbys begin to observe the reservation at extend and at every probe, which Mainstay runs for each instance when
 * it starts, so that a takeover need not wait to learn that the holder is gone.
 */
@Component(service = RecoveryKit.class)
public final class VolumeKit implements RecoveryKit {
    static final String APPLICATION = "filesys";
    static final String TYPE = "volume";
    /** Takes the reservation from a holder that still looks alive. */
    static final String FORCE = "forceReservation";
    /** Accepts, at the next restore, data of a mirror that may be old. */
    static final String FORCE_MIRROR = "forceMirror";

    private static final int UNMOUNT_TRIES = 10;
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(300);
    private static final int DEEP_CHECK_SECONDS = 20;

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder(APPLICATION, TYPE, "1.0.0", "Volume")
            .fields(List.of(
                    Field.named(Volume.DEVICE, "Device or image")
                            .kind(Field.Kind.PATH)
                            .scope(Field.Scope.SERVER)
                            .required()
                            .help("Block device or disk image that every server reaches.")
                            .build(),
                    Field.named(Volume.MOUNT, "Mount point")
                            .kind(Field.Kind.PATH)
                            .required()
                            .help("Folder, the same on every server; made if it does not exist.")
                            .build(),
                    Field.named(Volume.FILE_SYSTEM, "File system")
                            .help("Detected if left out.")
                            .build(),
                    Field.named(Volume.OPTIONS, "Mount options")
                            .help("As for mount -o; for ext file systems errors=remount-ro if left out.")
                            .build(),
                    Field.named(Volume.RESERVATION, "Reservation")
                            .scope(Field.Scope.SERVER)
                            .help("Reservation area (a small partition, LUN or file), 'scsi' for SCSI persistent"
                                    + " reservation, or 'none'. Left out: a file beside an image, 'scsi' for a"
                                    + " device that offers it.")
                            .build(),
                    Field.named(Mirrored.ADDRESS, "Mirror address")
                            .scope(Field.Scope.SERVER)
                            .help("Address of this server, with or without port, that mirror data uses: then the"
                                    + " volume is kept on each server's own storage. Left out: the servers share"
                                    + " the storage.")
                            .build(),
                    Field.named(Mirrored.TYPE, "Mirror type")
                            .choices(List.of(Mirrored.SYNC, Mirrored.ASYNC))
                            .defaultValue(Mirrored.SYNC)
                            .help("sync: a write is answered when both sides have it; async: when this side has it.")
                            .build()))
            .extraActions(FORCE, FORCE_MIRROR)
            .timeLimit(Action.DEEP_CHECK, Duration.ofSeconds(60))
            .build();

    private final ContentCheck contentCheck = new ContentCheck();
    private final Tunables tunables = new Tunables();
    private final SecureRandom random = new SecureRandom();
    private final Path fstab;
    private final MirrorAccess mirrors;

    @Activate
    public VolumeKit(@Reference MirrorAccess mirrors) {
        this(Path.of("/etc/fstab"), mirrors);
    }

    VolumeKit(Path fstab, MirrorAccess mirrors) {
        this.fstab = fstab;
        this.mirrors = mirrors;
    }

    private static Optional<Mirrored> mirrored(ActionContext context) {
        return Mirrored.of(context.resource().tag(), context.resource().properties());
    }

    /** Returns the volume as it is mounted: behind its mirror, if it has one. */
    private static Volume served(ActionContext context) {
        Volume volume = Volume.of(context.resource());
        return mirrored(context).map(volume::behind).orElse(volume);
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    @Override
    public Creation create(CreateContext context) {
        VolumeChecks checks = new VolumeChecks(context.host(), fstab);
        try {
            Optional<Mirrored> mirrored = mirrored(context);
            if (mirrored.isPresent()) {
                Volume side = Volume.of(context.resource());
                return creation(side, checks, new MirrorChecks(context, checks).create(side, mirrored.get()));
            }
            Volume volume = checks.complete(Volume.of(context.resource()), context.resource(), context.resources());
            Outcome ready = Exclusion.of(volume, context).initialise();
            ScsiKeys keys = ScsiKeys.of(context.resource()).orElseGet(() -> ScsiKeys.draw(random));
            return ready.succeeded() ? creation(volume, checks, ready, keys) : Creation.refused(ready.message());
        } catch (VolumeChecks.RefusedException e) {
            return e.creation();
        } catch (IllegalArgumentException e) {
            return Creation.refused(e.getMessage());
        }
    }

    @Override
    public Creation extend(CreateContext context) {
        VolumeChecks checks = new VolumeChecks(context.host(), fstab);
        try {
            Optional<Mirrored> mirrored = mirrored(context);
            if (mirrored.isPresent()) {
                Volume side = Volume.of(context.resource());
                return creation(side, checks, new MirrorChecks(context, checks).extend(side, mirrored.get()));
            }
            Volume volume = checks.extend(Volume.of(context.resource()), context.resource(), context.resources());
            Outcome observed = Exclusion.of(volume, context).observe();
            if (!observed.succeeded()) {
                return Creation.refused(observed.message());
            }
            Optional<ScsiKeys> keys = ScsiKeys.of(context.resource());
            return keys.isPresent()
                    ? creation(volume, checks, observed, keys.get())
                    : Creation.refused(
                            "the resource has no property " + ScsiKeys.PROPERTY + ": delete it and create it again");
        } catch (VolumeChecks.RefusedException e) {
            return e.creation();
        } catch (IllegalArgumentException e) {
            return Creation.refused(e.getMessage());
        }
    }

    private static Creation creation(Volume volume, VolumeChecks checks, Map<String, String> properties) {
        Creation creation = Creation.of(volume.mount().toString(), properties).withSuggestedTag(volume.suggestedTag());
        for (String remark : checks.remarks()) {
            creation = creation.withRemark(remark);
        }
        return creation;
    }

    private static Creation creation(Volume volume, VolumeChecks checks, Outcome exclusion, ScsiKeys keys) {
        Creation creation =
                creation(volume, checks, volume.properties()).withProperty(ScsiKeys.PROPERTY, keys.volume());
        return exclusion.code().equals(StorageReservation.THIS_MACHINE_ONLY)
                ? creation.withRemark(exclusion.message())
                : creation;
    }

    /** Deletes the area that create made beside an image, unless a server still holds it. */
    @Override
    public Outcome delete(ActionContext context) {
        Optional<Mirrored> mirrored = mirrored(context);
        if (mirrored.isPresent()) {
            return mirrors.forget(mirrored.get());
        }
        Volume volume = Volume.of(context.resource());
        if (!volume.reservation().equals(volume.areaBeside().toString()) || !Files.exists(volume.areaBeside())) {
            return Outcome.success("nothing to undo");
        }
        Outcome holder = Exclusion.of(volume, context).check();
        if (!holder.code().equals(StorageReservation.HELD_BY_NOBODY)) {
            return Outcome.success("the reservation area stays: " + holder.message());
        }
        try {
            Files.deleteIfExists(volume.areaBeside());
            return Outcome.success("deleted " + volume.areaBeside());
        } catch (IOException e) {
            return Outcome.success(
                    "the reservation area " + volume.areaBeside() + " could not be deleted: " + e.getMessage());
        }
    }

    @Override
    public Outcome unextend(ActionContext context) {
        return mirrored(context).map(mirrors::forget).orElseGet(() -> RecoveryKit.super.unextend(context));
    }

    @Override
    public Outcome restore(ActionContext context) {
        Optional<Mirrored> mirrored = mirrored(context);
        if (mirrored.isPresent()) {
            Outcome attached = mirrors.attach(mirrored.get(), context);
            if (!attached.succeeded()) {
                return attached;
            }
        }
        Volume volume = served(context);
        Exclusion exclusion = Exclusion.of(volume, context);
        context.progress("claiming the reservation of " + volume.device());
        Outcome claimed = exclusion.claim(false);
        if (!claimed.succeeded()) {
            return refused(claimed, context);
        }
        Outcome mounted = mount(volume, context);
        if (mounted.succeeded() || mountedHere(volume, context).isPresent()) {
            return mounted;
        }
        Optional<String> lingering = Devices.lingering(context.host().storage(), volume.device());
        if (lingering.isPresent()) {
            return Outcome.failed(
                    mounted.message() + "; the reservation is kept: " + lingering.get(), mounted.detail());
        }
        Outcome released = exclusion.release();
        return released.succeeded()
                ? mounted
                : Outcome.failed(
                        mounted.message() + "; and the reservation stays: " + released.message(), mounted.detail());
    }

    private static Outcome refused(Outcome claimed, ActionContext context) {
        return Outcome.failed(
                claimed.message()
                        + ". Only if that server is certainly off or does not use the storage any more, take it"
                        + " by force here with: perform_action -t "
                        + context.resource().tag() + " -a " + FORCE
                        + " (two servers that write destroy the data)",
                claimed.detail());
    }

    private Outcome mount(Volume volume, ActionContext context) {
        Optional<HostStorage.Mount> present = Devices.mountAt(context.host().storage(), volume.mount());
        if (present.isPresent()) {
            return Devices.isSame(present.get().source(), volume.device())
                    ? Outcome.success(volume.device() + " is mounted on " + volume.mount())
                    : Outcome.failed(present.get().source() + " is mounted on " + volume.mount() + " and not "
                            + volume.device() + "; unmount it");
        }
        Path device = volume.device();
        try {
            Files.createDirectories(volume.mount());
            if (Devices.isImage(volume.device())) {
                device = context.host()
                        .storage()
                        .attachLoop(volume.device())
                        .orElseThrow(() -> new IOException("no loop device is free"));
            }
        } catch (IOException | UncheckedIOException e) {
            return Outcome.failed(
                    "cannot attach " + volume.device() + " for " + volume.mount() + ": " + e.getMessage());
        }
        context.progress("mounting " + volume.device() + " on " + volume.mount());
        Outcome mounted =
                context.host().storage().mount(device, volume.mount(), volume.fileSystem(), volume.mountOptions());
        if (mounted.succeeded()) {
            return Outcome.success(volume.device() + " is mounted on " + volume.mount());
        }
        String loop = device.equals(volume.device()) ? "" : detach(device, context);
        return Outcome.failed(
                mounted.message()
                        + ". Mainstay never repairs a file system by itself: take the resource out of service,"
                        + " check it by hand, for example with fsck " + volume.device()
                        + ", and bring it into service again" + loop,
                mounted.detail());
    }

    private static String detach(Path device, ActionContext context) {
        Outcome detached = context.host().storage().detachLoop(device);
        return detached.succeeded() ? "" : "; " + detached.message();
    }

    private static Optional<HostStorage.Mount> mountedHere(Volume volume, ActionContext context) {
        return Devices.mountAt(context.host().storage(), volume.mount())
                .filter(mount -> Devices.isSame(mount.source(), volume.device()));
    }

    @Override
    public Outcome remove(ActionContext context) {
        Volume volume = served(context);
        Optional<Mirrored> mirrored = mirrored(context);
        Optional<HostStorage.Mount> mount = mountedHere(volume, context);
        if (mount.isPresent()) {
            Outcome unmounted = unmount(volume, context);
            if (!unmounted.succeeded()) {
                return unmounted;
            }
            Path source = Path.of(mount.get().source());
            if (Devices.backingFile(source).isPresent() && (mirrored.isPresent() || Devices.isImage(volume.device()))) {
                Outcome detached = context.host().storage().detachLoop(source);
                if (!detached.succeeded()) {
                    return detached;
                }
            }
        }
        Optional<String> left = Devices.stillMounted(context.host().storage(), volume.device());
        if (left.isPresent()) {
            return Outcome.failed(volume.device() + " is still mounted on " + left.get()
                    + ", so the reservation is kept; unmount it there");
        }
        Optional<String> lingering = Devices.lingering(context.host().storage(), volume.device());
        if (lingering.isPresent()) {
            return Outcome.failed(lingering.get() + "; the reservation is kept");
        }
        // Last of all: from now on another server may write.
        Outcome released = mirrored.isPresent()
                ? mirrors.detach(mirrored.get(), context)
                : Exclusion.of(volume, context).release();
        return released.succeeded()
                ? Outcome.success(volume.device() + " is not mounted on " + volume.mount() + ", " + released.message())
                : released;
    }

    private static Outcome unmount(Volume volume, ActionContext context) {
        Outcome unmounted = context.host().storage().unmount(volume.mount());
        for (int i = 1; i < UNMOUNT_TRIES && !unmounted.succeeded(); i++) {
            context.progress(unmounted.message());
            if (!context.pause(BETWEEN_TRIES)) {
                return unmounted;
            }
            unmounted = context.host().storage().unmount(volume.mount());
        }
        return unmounted;
    }

    @Override
    public Probe probe(ActionContext context) {
        Volume volume = served(context);
        Outcome observed = Exclusion.of(volume, context).observe();
        String note = observed.succeeded() ? "" : "; " + observed.message();
        Optional<HostStorage.Mount> mount = Devices.mountAt(context.host().storage(), volume.mount());
        if (mount.isEmpty()) {
            List<HostStorage.Mount> elsewhere = Devices.mountsOf(context.host().storage(), volume.device());
            if (mirrored(context)
                    .filter(one -> new Attachment(context, one).alive())
                    .isPresent()) {
                return Probe.partial(volume.device() + " is attached and not mounted on " + volume.mount());
            }
            Optional<String> lingering = Devices.lingering(context.host().storage(), volume.device());
            if (elsewhere.isEmpty() && lingering.isPresent()) {
                return Probe.partial(lingering.get() + note);
            }
            return elsewhere.isEmpty()
                    ? Probe.stopped("nothing is mounted on " + volume.mount() + note)
                    : Probe.partial(volume.device() + " is mounted on "
                            + elsewhere.get(0).target() + ", not on " + volume.mount() + note);
        }
        return Devices.isSame(mount.get().source(), volume.device())
                ? Probe.running(volume.device() + " is mounted on " + volume.mount() + note)
                : Probe.unknown(
                        mount.get().source() + " is mounted on " + volume.mount() + ", not " + volume.device() + note);
    }

    @Override
    public Outcome quickCheck(ActionContext context) {
        Volume volume = served(context);
        Optional<HostStorage.Mount> mount = Devices.mountAt(context.host().storage(), volume.mount());
        if (mount.isEmpty()) {
            return Outcome.failed("nothing is mounted on " + volume.mount() + " any more");
        }
        if (!Devices.isSame(mount.get().source(), volume.device())) {
            return Outcome.failed(
                    mount.get().source() + " is mounted on " + volume.mount() + ", not " + volume.device());
        }
        if (!volume.readOnly() && ("," + mount.get().options() + ",").matches(".*,(ro|emergency_ro|shutdown),.*")) {
            return Outcome.failed("the file system on " + volume.mount()
                    + " has become read-only, which the kernel does after an error; see the kernel log");
        }
        Optional<Mirrored> mirrored = mirrored(context);
        Outcome reserved = mirrored.isPresent()
                ? mirrors.ask(port -> port.check(mirrored.get()))
                : Exclusion.of(volume, context).check();
        return reserved.succeeded()
                ? Outcome.success(volume.device() + " is mounted on " + volume.mount() + ", " + reserved.message())
                : reserved;
    }

    @Override
    public Outcome deepCheck(ActionContext context) {
        Outcome light = quickCheck(context);
        Volume volume = served(context);
        Optional<Mirrored> mirrored = mirrored(context);
        if (!light.succeeded() || volume.readOnly()) {
            return light;
        }
        if (mirrored.filter(mirrors::held).isPresent()) {
            return Outcome.success(light.message() + "; changes wait until no target can count as current");
        }
        long seconds = tunables.seconds(context, "VOLUME_CHECK_SECS", DEEP_CHECK_SECONDS);
        Duration own = Duration.ofSeconds(seconds);
        try {
            return contentCheck.run(volume.mount(), own.compareTo(context.remaining()) < 0 ? own : context.remaining());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.failed("the check was cancelled");
        }
    }

    @Override
    public Outcome validate(ActionContext context) {
        Volume volume = Volume.of(context.resource());
        if (!Files.exists(volume.device())) {
            return Outcome.failed("device: " + volume.device() + " is not reachable from this server");
        }
        if (mirrored(context).isPresent()) {
            return Outcome.success(volume.device() + " is reachable");
        }
        Outcome observed = Exclusion.of(volume, context).observe();
        return observed.succeeded()
                ? Outcome.success(volume.device() + " is reachable, " + observed.message())
                : observed;
    }

    @Override
    public List<KillHandle> killHandles(ActionContext context) {
        Volume volume = served(context);
        // The loop device under an image is not known before the restore: whoever ends the mount finds it there.
        boolean behind = mirrored(context).isPresent();
        Path source = behind
                ? Devices.resolved(volume.device())
                : Devices.isImage(volume.device()) ? Devices.real(volume.device()) : volume.device();
        String mount = KillHandle.mount(Devices.resolved(volume.mount()).toString(), source.toString())
                .encode();
        // An area tells the guard what to end at once when the reservation is lost; the word for SCSI tells only that
        // the
        // device itself refuses the writes of an owner that was replaced.
        boolean reserved = !volume.reservation().equals(Volume.NONE);
        return List.of(KillHandle.parse(reserved ? mount + "\t" + volume.reservation() : mount));
    }

    @Override
    public Outcome perform(String name, List<String> arguments, ActionContext context) {
        if (name.equals(FORCE_MIRROR)) {
            return mirrored(context)
                    .map(one -> mirrors.ask(port -> port.force(one)))
                    .orElseGet(() -> Outcome.failed(context.resource().tag() + " is not mirrored"));
        }
        if (!name.equals(FORCE)) {
            return Outcome.failed(
                    "the Volume kit has no action '" + name + "'; it has " + FORCE + " and " + FORCE_MIRROR);
        }
        return Exclusion.of(Volume.of(context.resource()), context).claim(true);
    }
}
