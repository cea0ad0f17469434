package org.mainstay.cluster;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/** Snapshots of the targets of mirrored volumes (SNAP-001). A part of {@link Mirrors}. Thread-safe; never blocks. */
@ProviderType
public interface MirrorSnapshots {

    /** Asks every server that can be reached, also where there is none. Never completes exceptionally. */
    CompletionStage<List<Snapshot>> snapshots();

    /**
     * Takes snapshots of targets at one moment (SNAP-020). All volumes have the same source, which is in service.
     *
     * @param tags the volumes' resources
     * @param server whose sides
     * @param caller must be an administrator
     * @return completes with a reply whose remarks name the exports, never exceptionally
     */
    CompletionStage<Reply> takeSnapshots(List<String> tags, String server, Caller caller);

    /** Drops snapshots with all that was written to them (SNAP-040). Parameters as of {@link #takeSnapshots}. */
    CompletionStage<Reply> dropSnapshots(List<String> tags, String server, Caller caller);

    /**
     * Says where a server keeps snapshots of a volume (SNAP-010).
     *
     * @param folder an absolute path on that server, not on a mirrored volume; empty: snapshots are disabled (SNAP-058)
     * @param blockSize unit of copying in bytes, a multiple of 512; 0: 64 KiB (SNAP-035)
     * @param caller must be an administrator
     * @return completes with a reply, never exceptionally
     */
    CompletionStage<Reply> snapshotLocation(String tag, String server, String folder, long blockSize, Caller caller);

    /**
     * One server's side of a volume.
     *
     * @param server whose
     * @param tag its resource there
     * @param location where its snapshots are kept; empty: they are disabled
     * @param active whether there is one
     * @param export name of its NBD export; empty: there is none
     * @param blockSize bytes
     * @param blocks copied or written
     * @param bytes used in the location
     * @param seconds since it was taken
     * @param last why the one before ended; may be empty
     */
    record Snapshot(
            String server,
            String tag,
            String location,
            boolean active,
            String export,
            long blockSize,
            long blocks,
            long bytes,
            long seconds,
            String last) {}
}
