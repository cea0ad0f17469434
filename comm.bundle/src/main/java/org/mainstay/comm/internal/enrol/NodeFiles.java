package org.mainstay.comm.internal.enrol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.identity.PrivateFiles;

/**
 * A new identity on its way to {@code data/identity}: written beside it, renamed into place when all is done. Closing without that
 * leaves nothing behind. Used by one thread.
 */
final class NodeFiles implements AutoCloseable {
    private final Path dataDirectory;
    private final Path staging;
    private final Path target;
    private final boolean madeData;
    private boolean kept;

    /** @throws IOException if there is an identity already, or the directory cannot be written */
    NodeFiles(Path dataDirectory) throws IOException {
        this.dataDirectory = dataDirectory;
        staging = dataDirectory.resolve(Identity.DIRECTORY + ".new");
        target = dataDirectory.resolve(Identity.DIRECTORY);
        if (Files.exists(target)) {
            throw new IOException("this installation belongs to a cluster already: " + target
                    + " exists. To leave it, run 'mainstay node remove' on another member, then remove " + dataDirectory
                    + " here");
        }
        madeData = !Files.exists(dataDirectory);
        try {
            PrivateFiles.deleteTree(staging); // of a crash
            PrivateFiles.directory(staging);
        } catch (IOException e) {
            IOException clear = new IOException("cannot write below " + dataDirectory + ": " + e.getMessage(), e);
            try {
                close();
            } catch (IOException further) {
                clear.addSuppressed(further);
            }
            throw clear;
        }
    }

    /** Returns where to write. */
    Path directory() {
        return staging;
    }

    /** Puts the identity into place. */
    void keep() throws IOException {
        PrivateFiles.rename(staging, target);
        kept = true;
    }

    @Override
    public void close() throws IOException {
        if (!kept) {
            PrivateFiles.deleteTree(staging);
            if (madeData) {
                Files.deleteIfExists(dataDirectory);
            }
        }
    }
}
