package org.mainstay.shell.internal.command.mirror;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay mirror}. */
@Command(
        name = "mirror",
        description = "Mirrored volumes: how they are, and what to do with them. docs/mirroring.md explains states and"
                + " failures.",
        subcommands = {
            MirrorStatus.class,
            MirrorVerbs.Pause.class,
            MirrorVerbs.Continue.class,
            MirrorVerbs.Break.class,
            MirrorVerbs.Resync.class,
            MirrorVerbs.Tune.class,
            MirrorVerbs.Resize.class,
            MirrorDiscard.class,
            MirrorVerbs.Force.class,
            SnapshotVerbs.Group.class
        },
        footer = {
            "",
            "A volume is mirrored when it is created with an address of its server:",
            "  mainstay resource create volume --tag data --set mirror=10.0.1.1 \\",
            "    --set device=/dev/vg/data --set mount=/srv/data",
            "  mainstay resource extend data --to B --set mirror=10.0.1.2 \\",
            "    --set device=/dev/vg/data",
            "",
            "Example:",
            "  mainstay mirror status data --wait"
        })
public final class MirrorGroup extends BaseGroup {}
