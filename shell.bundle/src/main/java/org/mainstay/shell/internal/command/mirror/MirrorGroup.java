package org.mainstay.shell.internal.command.mirror;

import org.mainstay.shell.internal.command.BaseGroup;
import picocli.CommandLine.Command;

/** {@code mainstay mirror}. */
@Command(
        name = "mirror",
        description = "Mirrored volumes: how they are, and what to do with them. docs/mirroring.md explains states and failures.",
        subcommands = {
            MirrorStatus.class,
            MirrorVerbs.Pause.class,
            MirrorVerbs.Continue.class,
            MirrorVerbs.Break.class,
            MirrorVerbs.Resync.class,
            MirrorVerbs.Tune.class,
            MirrorVerbs.Discard.class,
            MirrorVerbs.Force.class
        },
        footer = {
            "",
            "A volume is mirrored when it is created with the addresses of its servers:",
            "  mainstay resource create volume --tag data --set device=/dev/vg/data --set mount=/srv/data --set mirror=10.0.1.1",
            "  mainstay resource extend data --to B --set data.device=/dev/vg/data --set data.mirror=10.0.1.2"
        })
public final class MirrorGroup extends BaseGroup {}
