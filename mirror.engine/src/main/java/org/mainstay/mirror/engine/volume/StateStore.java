package org.mainstay.mirror.engine.volume;

import java.io.IOException;

/** Keeps the small state of a volume. */
public interface StateStore {
    /** Returns what was saved last; null if nothing was. @throws IOException if it cannot be read or is damaged */
    VolumeState load() throws IOException;

    /** Replaces the state: after a crash at any moment the old or the new one is there; when this returns, the new one. */
    void save(VolumeState state) throws IOException;
}
