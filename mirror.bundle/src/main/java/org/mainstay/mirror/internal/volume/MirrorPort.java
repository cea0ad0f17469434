package org.mainstay.mirror.internal.volume;

import java.util.function.Consumer;
import org.mainstay.kit.Outcome;

/** What the volume kit needs of the mirror engine. Calls wait for the engine, which may be starting. */
public interface MirrorPort {

    /**
     * The answer to {@link #source}.
     *
     * @param outcome why not, if not
     * @param export what to attach; empty if it was refused
     */
    record Source(Outcome outcome, String export) {}

    /** Makes this server the source of the volume if its data is good, or an operator forced it just now (I6). */
    Source source(Mirrored volume, Consumer<String> progress) throws InterruptedException;

    /** Gives the source's role up, after targets in step got everything. */
    Outcome release(Mirrored volume) throws InterruptedException;

    /** Forgets the volume here; its storage stays. */
    Outcome forget(Mirrored volume) throws InterruptedException;

    /** An operator accepts whatever data this server has, at the next {@link #source}. */
    Outcome force(Mirrored volume);

    /** Says how the volume's mirrors are; a failure if this server does not serve it. */
    Outcome check(Mirrored volume) throws InterruptedException;

    /** Says whether changes are held back now, so that a write would wait. */
    boolean held(Mirrored volume);

    /** Returns where the engine's exports are, relative to the installation. */
    String exports();
}
