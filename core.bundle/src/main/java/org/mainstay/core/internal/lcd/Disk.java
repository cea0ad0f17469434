package org.mainstay.core.internal.lcd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The file operations of the store, so that tests can make them fail, tear and lose what was not forced. Calls come from one
 * thread at a time per file.
 */
interface Disk {

    /** Returns the names in a directory; empty if it does not exist. */
    List<String> list(Path directory) throws IOException;

    /** Returns the content of a file. @throws java.nio.file.NoSuchFileException if there is none */
    byte[] read(Path file) throws IOException;

    /** Creates a directory, readable by its owner alone; nothing happens if it exists. */
    void createDirectory(Path directory) throws IOException;

    /** Opens a file for writing; made, readable by its owner alone, if it does not exist. */
    DiskFile open(Path file) throws IOException;

    /** Gives a file another name, replacing what has that name, in one step that a crash cannot tear. */
    void move(Path from, Path to) throws IOException;

    /** Deletes a file; nothing happens if there is none. */
    void delete(Path file) throws IOException;

    /** Returns after names made, moved and deleted in the directory are durable. */
    void forceDirectory(Path directory) throws IOException;

    /** An open file. */
    interface DiskFile extends Closeable {
        /** Writes all bytes at the position. */
        void write(long position, byte[] bytes, int offset, int length) throws IOException;

        /** Sets the size; what is added reads as zeros. */
        void setSize(long size) throws IOException;

        /** Returns after all that was written is durable. After a failure nothing is known about what the disk holds. */
        void force() throws IOException;
    }
}
